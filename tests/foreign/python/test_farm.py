"""The farm's tests. They need no weather service: `parley stub` answers as the contracts say."""

import os
import unittest

from farm import Farm, frosts
from resp import Redis
from stub import Stub

REDIS_URL = os.environ["REDIS_URL"]


class FarmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        provider = os.environ.get("WEATHER", "weather.v1")
        cls.stub = Stub(provider, "--consumer", "farm", "--redis", REDIS_URL)
        cls.farm = Farm(cls.stub.grpc)

    @classmethod
    def tearDownClass(cls):
        unused = cls.stub.unused()
        cls.farm.close()
        cls.stub.stop()
        if unused:
            raise AssertionError(f"contracts that no test needs: {unused}")

    def test_a_station_has_a_town(self):
        self.assertEqual(self.farm.town("oak-hill"), "Nauen")

    def test_an_unknown_station_has_none(self):
        self.assertIsNone(self.farm.town("nowhere"))

    def test_the_coldest_reading_is_found(self):
        self.assertEqual(self.farm.coldest("oak-hill"), -1.5)

    def test_readings_are_sent(self):
        self.assertEqual(self.farm.report("oak-hill", [4.5, 5.0]), 2)

    def test_a_frost_is_heard(self):
        redis = Redis(REDIS_URL)
        self.addCleanup(redis.close)
        self.stub.trigger("frost", celsius=-7.5)
        self.assertEqual(list(frosts(redis))[-1], ("oak-hill", -7.5))


if __name__ == "__main__":
    unittest.main()
