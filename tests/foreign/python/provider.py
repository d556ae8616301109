"""The weather service, with grpcio's synchronous server."""

import itertools
from concurrent import futures

import grpc
from google.rpc import status_pb2

from weather.v1 import weather_pb2


class Weather:
    def __init__(self):
        self.stations = {}
        self.readings = []
        self._ids = itertools.count(1)

    def add(self, station, celsius):
        reading = weather_pb2.Reading(id=next(self._ids), station=station, celsius=celsius)
        self.readings.append(reading)
        return reading

    def get_station(self, request, context):
        if request.name not in self.stations:
            refuse(context, f"there is no station {request.name}",
                   weather_pb2.NoSuchStation(name=request.name))
        return weather_pb2.Station(name=request.name, town=self.stations[request.name])

    def list_readings(self, request, context):
        for reading in list(self.readings):
            if reading.station == request.station and reading.id > request.after:
                yield reading

    def record_readings(self, requests, context):
        kept = [self.add(reading.station, reading.celsius) for reading in requests]
        return weather_pb2.RecordReadingsResponse(count=len(kept))

    def find_nearest(self, requests, context):
        for _ in requests:  # stations have no place yet
            yield weather_pb2.Station(name=next(iter(self.stations)))


def refuse(context, message, detail):
    """Ends the call with NOT_FOUND; details are a google.rpc.Status, as grpcio-status does it."""
    status = status_pb2.Status(code=grpc.StatusCode.NOT_FOUND.value[0], message=message)
    status.details.add().Pack(detail)
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.NOT_FOUND, message)


def serve(service, methods):
    """A server of METHODS on a free port of this machine; returns it and its address."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    handler = grpc.method_handlers_generic_handler(service, methods)
    server.add_generic_rpc_handlers((handler,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, f"127.0.0.1:{port}"


def handlers(weather):
    """What grpcio-tools would generate."""
    pb = weather_pb2
    station, reading = pb.Station.SerializeToString, pb.Reading.SerializeToString
    return {
        "GetStation": grpc.unary_unary_rpc_method_handler(
            weather.get_station, pb.GetStationRequest.FromString, station),
        "ListReadings": grpc.unary_stream_rpc_method_handler(
            weather.list_readings, pb.ListReadingsRequest.FromString, reading),
        "RecordReadings": grpc.stream_unary_rpc_method_handler(
            weather.record_readings, pb.Reading.FromString,
            pb.RecordReadingsResponse.SerializeToString),
        "FindNearest": grpc.stream_stream_rpc_method_handler(
            weather.find_nearest, pb.Place.FromString, station),
    }


def main():
    server, address = serve("weather.v1.WeatherService", handlers(Weather()))
    print(f"ready grpc={address}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
