import org.springframework.cloud.contract.spec.Contract

/* Two in one file. */
[
    Contract.make {
        name "found by name"
        description '''
            What the page
            searches with.
        '''
        request {
            method GET()
            urlPath('/products') {
                queryParameters {
                    parameter 'name': value(consumer(matching('[A-Z]+')), producer('TV'))
                    parameter('page', 1)
                    parameter 'unknown': 5
                }
            }
        }
        response {
            status OK()
            body("""
                {
                  "_embedded": { "products": [ { "id": 1, "name": "TV" } ] },
                  "total": 1
                }
            """)
        }
    },
    Contract.make {
        name("found again")
        ignored()
        request {
            method 'GET'
            url 'http://localhost:8080/products?name=TV%20set&page=2&tags=a'
        }
        response {
            status(200)
            body([products: [], total: 0])
        }
    },
]
