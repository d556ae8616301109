org.springframework.cloud.contract.spec.Contract.make {
    label 'productChanged'
    input {
        // a method of the provider's base class
        triggeredBy('productChanged()')
    }
    outputMessage {
        sentTo 'eventTopic'
        body([
            eventType   : 'ProductChanged',
            timestamp   : '20190729',
            productId   : 1,
            productName : 'TV',
            productPrice: 10000,
            productStock: 10,
            imageUrl    : '/goods/img/TV.jpg'
        ])
        bodyMatchers {
            jsonPath('$.eventType', byRegex('ProductChanged'))
            jsonPath('$.productId', byRegex(nonEmpty()).asLong())
            jsonPath('$.productName', byRegex(nonEmpty()).asString())
        }
        headers {
            messagingContentType(applicationJson())
            header 'kafka_partitionId': 0
        }
    }
}
