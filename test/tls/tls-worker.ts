// A Worker that tries what it must not: the conditions of the package's exports decide what it gets.
import { tlsFetch } from 'etcd-edge/tls'

export default {
  fetch(): Response {
    try {
      tlsFetch()
      return new Response('it worked')
    } catch (error) {
      return new Response(String(error))
    }
  },
}
