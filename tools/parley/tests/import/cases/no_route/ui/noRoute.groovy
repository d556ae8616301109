org.springframework.cloud.contract.spec.Contract.make {
    request {
        method 'DELETE'
        url '/products/1'
    }
    response { status 204 }
}
