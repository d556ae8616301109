import org.springframework.cloud.contract.spec.Contract

Contract.make {
    request {
        method 'GET'
        url '/products/1' ]
    }
    response {
        status 200
        body(id: 1, name: 'TV'
    }
}
