import json
from urllib.request import urlopen


def booking(number):
    return json.load(urlopen("http://192.0.2.1:8080/bookings", timeout=1))
