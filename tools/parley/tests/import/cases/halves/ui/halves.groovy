org.springframework.cloud.contract.spec.Contract.make {
    priority 8
    request {
        method 'GET'
        url $(consumer(regex('/products/[0-9]{3}')), producer('/products/123'))
    }
    response {
        status 200
        body(id: 123, name: $(consumer('x'), producer('TV')))
    }
}
