import org.springframework.cloud.contract.spec.Contract
[Contract.make {
    name 'a list alone'
    request { method 'GET'; url '/products' }
    response {
        status 200
        body([[id: 1, name: 'TV', options: [[id: 1, desc: 'a']]]])
        bodyMatchers {
            jsonPath('$', byType { minOccurrence(1) })
            jsonPath('$[*].name', byRegex(onlyAlphaUnicode()))
            jsonPath("\$[0]['options']", byType())
        }
    }
},
Contract.make {
    name 'changed'
    request {
        method 'PATCH'
        url '/products/3'
        body '{"name": "Radio", "price": 5.0}'
        headers { header 'If-Match', '"5"' }
    }
    response {
        status 200
        body id: 3, name: 'Radio', price: '5'
    }
},
Contract.make {
    name 'made'
    request {
        method 'POST'
        url '/products'
        body([name: $(consumer(regex('.+')), producer('TV')), price: $(consumer(anyPositiveInt()), producer(7)), unknown: 1])
    }
    response { status CREATED(); body(id: 1); headers { header('Location', '/products/1') } }
}]
