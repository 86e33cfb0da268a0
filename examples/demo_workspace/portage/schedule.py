"""Pickup days."""

import csv
import datetime

LAST_HOUR = 15


def read_holidays(path):
    with open(path, newline="") as handle:
        return {datetime.date.fromisoformat(row["day"]) for row in csv.DictReader(handle)}


def is_pickup_day(day, holidays):
    """Monday to Friday, and no holiday."""
    return day.weekday() <= 5 and day not in holidays


def next_pickup(moment, holidays):
    """The first pickup day for an order placed at `moment`."""
    day = moment.date()
    if moment.hour >= LAST_HOUR:
        day += datetime.timedelta(days=1)
    while not is_pickup_day(day, holidays):
        day += datetime.timedelta(days=1)
    return day


def pickups_between(first, last, holidays):
    days = (last - first).days + 1
    every = (first + datetime.timedelta(days=n) for n in range(days))
    return [day for day in every if is_pickup_day(day, holidays)]
