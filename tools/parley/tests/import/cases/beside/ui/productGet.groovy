package contracts.rest

import org.springframework.cloud.contract.spec.Contract

Contract.make {
    request {
        method 'GET'
        url '/product/1'
        headers {
            contentType(applicationJson())
        }
    }
    response {
        status 200
        body(
            id: 1,
            name: 'TV',
            price: 10000,
            stock: 10,
            imageUrl: '/goods/img/TV.jpg'
        )
        bodyMatchers {
            jsonPath('$.id', byRegex(nonEmpty()).asLong())
            jsonPath('$.price', byRegex(nonEmpty()).asLong())
            jsonPath('$.stock', byType())
            jsonPath('$.imageUrl', byRegex('^(/|https?://).+'))
        }
        headers {
            contentType(applicationJson())
        }
    }
}
