"""The farm: a consumer of the weather service. Of RPCs it has what grpcio-tools would generate."""

import grpc

from parley.event.v1 import envelope_pb2
from weather.v1 import events_pb2, weather_pb2

TIMEOUT = 10


class Farm:
    def __init__(self, address):
        channel = grpc.insecure_channel(address)
        self._get_station = channel.unary_unary(
            "/weather.v1.WeatherService/GetStation",
            weather_pb2.GetStationRequest.SerializeToString,
            weather_pb2.Station.FromString,
        )
        self._list_readings = channel.unary_stream(
            "/weather.v1.WeatherService/ListReadings",
            weather_pb2.ListReadingsRequest.SerializeToString,
            weather_pb2.Reading.FromString,
        )
        self._record_readings = channel.stream_unary(
            "/weather.v1.WeatherService/RecordReadings",
            weather_pb2.Reading.SerializeToString,
            weather_pb2.RecordReadingsResponse.FromString,
        )
        self.close = channel.close

    def town(self, station):
        """Where STATION stands; None where there is none of this name."""
        request = weather_pb2.GetStationRequest(name=station)
        try:
            return self._get_station(request, timeout=TIMEOUT).town
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None
            raise

    def coldest(self, station):
        """The lowest temperature that STATION has measured."""
        request = weather_pb2.ListReadingsRequest(station=station)
        return min(reading.celsius for reading in self._list_readings(request, timeout=TIMEOUT))

    def report(self, station, temperatures):
        """Sends what was measured; returns how many readings were kept."""
        readings = (weather_pb2.Reading(station=station, celsius=c) for c in temperatures)
        return self._record_readings(readings, timeout=TIMEOUT).count


def frosts(redis, after="0-0"):
    """Station and temperature of every frost in the stream behind the entry AFTER."""
    for _, entries in redis.command("XREAD", "STREAMS", "weather", after) or []:
        for _, fields in entries:
            entry = dict(zip(fields[::2], fields[1::2]))
            envelope = envelope_pb2.Envelope.FromString(entry[b"e"])
            if envelope.type == "weather.v1.FrostReported":
                frost = events_pb2.FrostReported.FromString(envelope.payload)
                yield frost.station, frost.celsius
