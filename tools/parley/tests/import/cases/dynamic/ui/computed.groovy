import org.springframework.cloud.contract.spec.Contract

def id = 5

Contract.make {
    request {
        method 'GET'
        url "/products/${id}"
    }
    response {
        status 200
    }
}

Contract.make {
    name 'the static parts are kept'
    request {
        method 'GET'
        url '/products/' + '5'
    }
    response {
        status 200
        body(
            id: fromRequest().path(1),
            name: $(producer(execute('isName($it)'))),
            price: 5 * 2000,
            stock: 10,
            imageUrl: file('image.txt')
        )
        async()
        bodyMatchers {
            jsonPath('$.stock', byCommand('isStock($it)'))
            jsonPath('$..id', byType())
            xPath('/a', byEquality())
        }
    }
}

(1..5).collect { n -> Contract.make { name "n$n" } }
