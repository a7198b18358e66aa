"""Compares imported calendars with python3-icalendar and recurring-ical-events, which share no code with the import.

Reads the file that import-mutants.test.ts writes: for each calendar its text, what is closed, and the lines that were
named. Prints what a component keeps busy that is neither closed nor named, and ends with 1 if there is any.
"""

import json
import re
import sys
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from dateutil import parser, rrule

# Readings of its own, each decided otherwise by RFC 5545 (docs/icalendar.md): a range of occurrences is one of them, a
# DTSTART outside its rule does not count, a local UNTIL is UTC, days of a length are of 24 hours, a day does not except
# times nor a time a day, a name in lower case has no zone, zones named "Z" and "/registry/zone" are none, X-WR-TIMEZONE
# and SEQUENCE mean nothing, an end may be of another type than its start, and a cancelled series keeps occurrences that are older.
OWN_READINGS = [
    r"RANGE=THISANDFUTURE",
    r"UNTIL=\d{8}(T\d{6})?(?![\dTZ])",
    r"EXRULE",
    r"EXDATE[^:]*VALUE=DATE[;:]",
    r"EXDATE[^:]*:(\d{8},)*\d{8}(?!T)",
    r"DTSTART[^:]*:\d{8}(?!T)[\s\S]*EXDATE[^:]*:\d{8}T",
    r"TZID=\"?(Z[:\"]|/)",
    r"DTSTART[^:]*:\d{8}(?!T)[\s\S]*DTEND[^:]*:\d{8}T",
    r"DTSTART[^:]*:\d{8}T[\s\S]*DTEND[^:]*:\d{8}(?!T)",
    r"STATUS:CANCELLED[\s\S]*SEQUENCE|SEQUENCE[\s\S]*STATUS:CANCELLED",
    r"(?m)^[a-z]",
    r"DURATION:P\d+[WD]",
]


def blocks_of(text):
    """Components of each UID: their text and their first and last line."""
    # Folded lines keep their numbers: what follows is joined, and leaves an empty line.
    lines = text.split("\r\n")
    for number in range(len(lines) - 1, 0, -1):
        if lines[number][:1] in (" ", "\t"):
            lines[number - 1] += lines[number][1:]
            lines[number] = ""
    found, begin = {}, None
    for number, line in enumerate(lines, 1):
        if line == "BEGIN:VEVENT":
            begin = number
        elif line == "END:VEVENT" and begin is not None:
            own = "\r\n".join(line for line in lines[begin - 1 : number] if line)
            uid = re.search(r"(?im)^uid[^:\r]*:(.*?)\r?$", own)
            found.setdefault(uid.group(1).strip() if uid else "", []).append((own, begin, number))
            begin = None
    return found


def counts_otherwise(text):
    """COUNT of a rule that does not name DTSTART."""
    start = re.search(r"(?im)^dtstart.*?:(\d{8}(T\d{6})?)", text)
    rules = re.findall(r"(?im)^rrule:(\S*COUNT=\S*)", text)
    if not start or not rules:
        return False
    first = parser.parse(start.group(1))
    try:
        return any(rrule.rrulestr(re.sub(r"COUNT=\d+;?", "", rule), dtstart=first)[0] != first for rule in rules)
    except Exception:
        return True


def zones_of(text):
    """The definitions of zones, which stand outside of the events."""
    return re.findall(r"(?ms)^BEGIN:VTIMEZONE\r$.*?^END:VTIMEZONE", text)


def busy_times(blocks, zone, start, end):
    text = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", *blocks, "END:VCALENDAR", ""])
    calendar = icalendar.Calendar.from_ical(text)

    def instant(value):
        if not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        return (value if value.tzinfo else value.replace(tzinfo=zone)).timestamp()

    times = []
    for event in recurring_ical_events.of(calendar).between(start, end):
        def word(name):
            value = event.get(name, "")
            return str(value[0] if isinstance(value, list) else value).strip().upper()

        is_free = word("TRANSP") == "TRANSPARENT" or (not word("TRANSP") and word("X-MICROSOFT-CDO-BUSYSTATUS") == "FREE")
        if word("STATUS") != "CANCELLED" and not is_free and "DTEND" in event:
            first, last = event["DTSTART"].dt, event["DTEND"].dt
            if first == last and not isinstance(first, datetime):
                last += timedelta(days=1)
            times.append((instant(first), instant(last)))
    return times


def left_of(times, closed):
    """Parts of the times that no closure covers, longer than a minute."""
    left = []
    for start, end in times:
        at = start
        for low, high in sorted(closed):
            if high <= at or low >= end:
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < end:
            left.append((at, end))
    return [(start, end) for start, end in left if end - start >= 60]


def main(path):
    compared, unread, own, lost = 0, 0, 0, 0
    for case in json.load(open(path, encoding="utf8")):
        zone = ZoneInfo(case["zone"])
        start, end = (datetime.fromtimestamp(case[key] / 1000, timezone.utc) for key in ("start", "end"))
        closed = [(low / 1000, high / 1000) for low, high in case["closed"]]
        zones = zones_of(case["text"])
        for uid, blocks in blocks_of(case["text"]).items():
            if any(low <= line <= high for line in case["named"] for _, low, high in blocks):
                continue
            text = "\r\n".join(own_text for own_text, _, _ in blocks)
            masters = sum("RECURRENCE-ID" not in own_text.upper() for own_text, _, _ in blocks)
            if masters > 1 or "X-WR-TIMEZONE" in case["text"] or counts_otherwise(text) or any(re.search(pattern, text) for pattern in OWN_READINGS):
                own += 1
                continue
            try:
                times = busy_times([*zones, *(own_text for own_text, _, _ in blocks)], zone, start + timedelta(days=1), end)
            except Exception:
                unread += 1
                continue
            compared += 1
            missing = left_of([(max(low, start.timestamp()), min(high, end.timestamp())) for low, high in times], closed)
            if missing:
                lost += 1
                print(f"--- {uid} in {case['zone']}: open from", *(datetime.fromtimestamp(low, zone) for low, _ in missing[:3]))
                print(case["text"])
    print(f"{compared} series compared, {unread} not read by it, {own} with a reading of its own, {lost} lost")
    return 1 if lost else 0


sys.exit(main(sys.argv[1]))
