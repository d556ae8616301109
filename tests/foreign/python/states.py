"""The weather service as it is verified: beside it, on a port of its own, ProviderStatesService.

states.py REDIS_URL prints both addresses; events go to this Redis.
"""

import secrets
import sys
import time

import grpc

from parley.contract.v1 import provider_states_pb2 as pb
from parley.event.v1 import envelope_pb2
from provider import Weather, handlers, serve
from resp import Redis
from weather.v1 import events_pb2


class States:
    def __init__(self, weather, redis_url):
        self._weather = weather
        self._publisher = Publisher(Redis(redis_url), "weather")
        self._setups = {"station": self._station, "readings": self._with_readings}
        self._triggers = {"frost": self._frost}

    def catalogue(self, request, context):
        return pb.CatalogueResponse(
            states=[
                pb.StateType(
                    name="station", description="a station that stands in a town",
                    parameters=[field("name", "string"), field("town", "string")]),
                pb.StateType(
                    name="readings", description="a station that has measured so often",
                    parameters=[field("station", "string"), field("count", "int32")],
                    returns=[field("first", "int64")]),
            ],
            triggers=self._triggers,
        )

    def setup(self, request, context):
        if request.state not in self._setups:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no state {request.state}")
        response = pb.SetupResponse()
        response.values.update(self._setups[request.state](**request.parameters))
        return response

    def trigger(self, request, context):
        if request.trigger not in self._triggers:
            context.abort(grpc.StatusCode.NOT_FOUND, f"there is no trigger {request.trigger}")
        self._triggers[request.trigger]()
        return pb.TriggerResponse()

    def teardown(self, request, context):
        self._weather.stations.clear()
        self._weather.readings.clear()
        return pb.TeardownResponse()

    def _station(self, name, town):
        self._weather.stations[name] = town
        return {}

    def _with_readings(self, station, count):
        readings = [self._weather.add(station, 10.0 - i) for i in range(int(count))]
        return {"first": str(readings[0].id)}

    def _frost(self):
        for station in self._weather.stations:
            self._publisher.publish(
                station, events_pb2.FrostReported(station=station, celsius=-3.0))


class Publisher:
    """Entries of a stream as docs/events.md has them: id, `at`, `prev`, and the envelope in `e`.

    It goes on behind what is there. A service that must not lose events has them in its database.
    """

    def __init__(self, redis, stream):
        self._redis, self._stream = redis, stream
        last = redis.command("XREVRANGE", stream, "+", "-", "COUNT", 1)
        self._last = last[0][0].decode() if last else "0-0"
        self._generation, self._position = time.time_ns() // 1_000_000, 0
        self._versions = {}

    def publish(self, aggregate, event):
        key = (event.DESCRIPTOR.full_name, aggregate)
        self._versions[key] = self._versions.get(key, 0) + 1
        envelope = envelope_pb2.Envelope(
            id=uuid7(), source=self._stream, type=event.DESCRIPTOR.full_name, subject=aggregate,
            version=self._versions[key], time_us=time.time_ns() // 1000,
            payload=event.SerializeToString())
        self._position += 1
        at = f"{self._generation}-{self._position}"
        self._redis.command("XADD", self._stream, at, "at", at, "prev", self._last,
                            "e", envelope.SerializeToString())
        self._last = at


def uuid7():
    number = time.time_ns() // 1_000_000 << 80 | 7 << 76 | secrets.randbits(12) << 64
    return (number | 2 << 62 | secrets.randbits(62)).to_bytes(16, "big")


def field(name, kind):
    return pb.StateField(name=name, type=kind)


def state_handlers(states):
    methods = {
        "Catalogue": (states.catalogue, pb.CatalogueRequest, pb.CatalogueResponse),
        "Setup": (states.setup, pb.SetupRequest, pb.SetupResponse),
        "Trigger": (states.trigger, pb.TriggerRequest, pb.TriggerResponse),
        "Teardown": (states.teardown, pb.TeardownRequest, pb.TeardownResponse),
    }
    return {
        name: grpc.unary_unary_rpc_method_handler(
            method, request.FromString, response.SerializeToString)
        for name, (method, request, response) in methods.items()
    }


def main():
    weather = Weather()
    server, target = serve("weather.v1.WeatherService", handlers(weather))
    _states_server, states = serve("parley.contract.v1.ProviderStatesService",
                                   state_handlers(States(weather, sys.argv[1])))
    print(f"ready grpc={target} states={states}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
