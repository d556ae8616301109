import org.springframework.cloud.contract.spec.Contract

Contract.make {
    request {
        method GET()
        url '/product/1'
    }
    response {
        status 200
        body(id: 1, name: 'Radio')
    }
}
