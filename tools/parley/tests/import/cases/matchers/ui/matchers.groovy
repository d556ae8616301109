org.springframework.cloud.contract.spec.Contract.make {
    name 'every matcher'
    request {
        method 'GET'
        url '/products/1'
    }
    response {
        status 200
        body(
            id: $(anyPositiveInt()),
            name: $(consumer('TV'), producer(regex('[A-Z]{2}|Radio set'))),
            price: $(c(10000), p(anyNumber())),
            stock: value(regex('[0-9]{1,3}')),
            imageUrl: $(p(regex(url()))),
            tags: [$(anyNonBlankString()), "it's"],
            options: [[id: 1, desc: 'a'], [id: 2, desc: null]],
            state: $(c('STATE_ON_SALE'), p(anyOf('STATE_ON_SALE', 'STATE_SOLD'))),
            since: $(c('2026-01-01T12:00:00Z'), p(anyIso8601WithOffset())),
            note: $(anyUuid()),
            sizes: [s: 1, 'x l': $(anyInteger())],
            sold: $(aBoolean()),
            weight: -1.50,
            code: null
        )
    }
}
