#!/usr/bin/env python3
"""Write decimal_table.inc and double_table.inc: what Python says of numbers, for test_decimal.c and
test_json.c.

    tests/model/base/make_tables.py

The tables are committed; this has to run again only when cases are added. Python's decimal module is
an independent implementation of decimal arithmetic, and repr() of a float is the text that handlers
send. DynamoDB's limits (38 digits, magnitudes 1E-130 to 9.99E+125) are applied here once more.
"""

import os
import random
import struct
from decimal import Context, Decimal, Inexact

EXACT = Context(prec=1000, Emin=-99999, Emax=99999, traps=[Inexact])
HERE = os.path.dirname(os.path.abspath(__file__))


def outcome(number):
    """(status, text) of an exact result."""
    if number == 0:
        return "DECIMAL_OK", "0"
    sign, digits, _ = number.normalize(EXACT).as_tuple()
    leading = number.adjusted()
    if leading > 125:
        return "DECIMAL_OVERFLOW", ""
    if leading < -130:
        return "DECIMAL_UNDERFLOW", ""
    if len(digits) > 38:
        return "DECIMAL_PRECISION", ""
    return "DECIMAL_OK", format(number.normalize(EXACT), "f")


def random_number(rng):
    digits = rng.choice([1, 2, 3, 17, 19, 20, 37, 38])
    coefficient = rng.randrange(10 ** (digits - 1), 10**digits)
    if rng.random() < 0.2:
        coefficient = 10**digits - 1
    if rng.random() < 0.2:
        coefficient = 10 ** (digits - 1)
    spread = rng.choice([0, 3, 20, 40])
    exponent = rng.randint(-spread, spread)
    return ("-" if rng.random() < 0.5 else "") + f"{coefficient}e{exponent}"


EDGES = [
    ("0", "0"),
    ("0", "-5"),
    ("7.5", "0"),
    ("0.1", "0.2"),
    ("1", "-1"),
    ("-3", "3"),
    ("0.5", "0.5"),
    ("9", "1"),
    ("9223372036854775807", "1"),
    ("-9223372036854775808", "-1"),
    ("18446744073709551615", "1"),
    ("99999999999999999999999999999999999999", "1"),
    ("99999999999999999999999999999999999999", "-1"),
    ("99999999999999999999999999999999999999", "2"),
    ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
    ("99999999999999999999999999999999999999", "0.1"),
    ("100000000000000000000000000000000000000", "-1"),
    ("100000000000000000000000000000000000000", "1"),
    ("100000000000000000000000000000000000000", "-0.1"),
    ("1e39", "-1"),
    ("1e38", "9e37"),
    ("12345678901234567890123456789012345678", "1e-1"),
    ("12345678901234567890123456789012345670", "1e-1"),
    ("1e125", "1e-130"),
    ("9e125", "1e125"),
    ("9.9999999999999999999999999999999999999e125", "1e88"),
    ("9.9999999999999999999999999999999999999e125", "-1e88"),
    ("9.9999999999999999999999999999999999999e125", "1e87"),
    ("-9e125", "-9e125"),
    ("1e-130", "-1e-130"),
    ("1.1e-130", "-1e-130"),
    ("1e-130", "1e-130"),
    ("1.0000000000000000000000000000000000001e-130", "-1e-130"),
    ("1.0000000000000000000000000000000000001e-130", "1e-130"),
    ("5e-1", "5e37"),
    ("5e-1", "5e36"),
    ("1e100", "1e63"),
    ("1e100", "1e62"),
]


def write_decimals(path):
    rng = random.Random(38)
    pairs = EDGES + [(random_number(rng), random_number(rng)) for _ in range(120)]
    for _ in range(30):  # results near cancellation
        a = random_number(rng)
        pairs.append((a, str(EXACT.plus(-Decimal(a) + Decimal(f"1e{rng.randint(-20, 20)}")))))
    rows = []
    for a, b in pairs:
        x, y = Decimal(a), Decimal(b)
        if outcome(x)[0] != "DECIMAL_OK" or outcome(y)[0] != "DECIMAL_OK":
            continue
        add, subtract = outcome(EXACT.add(x, y)), outcome(EXACT.subtract(x, y))
        rows.append(
            f'{{"{a}", "{b}", {(x > y) - (x < y)}, {add[0]}, "{add[1]}", '
            f'{subtract[0]}, "{subtract[1]}"}},'
        )
    write(path, "a, b, order, status and text of a + b, status and text of a - b", rows)


def write_doubles(path):
    rng = random.Random(64)
    doubles = [0.0, -0.0, 0.1, 1.0, 1.5, 100.0, 123456.789, 1e15, 1e16, 9999999999999998.0, 1e17]
    doubles += [1e22, 1e23, 0.0001, 0.00001, 1.25e-5, 5e-324, 1e-323, 2.2250738585072014e-308]
    doubles += [2.225073858507201e-308, 1.7976931348623157e308, 2.0**-44, 1 / 3, 2 / 3]
    doubles += [1700000000.123, 1700000000.1, 0.30000000000000004, 4503599627370496.5]
    doubles += [2.0**n for n in range(-1074, 1024, 61)] + [-(2.0**n) for n in range(-60, 70, 7)]
    # Powers of two where the nearest decimal of some length fails and the next one is right.
    doubles += [2.0**-24, 2.0**122, 2.0**-77, 2.0**-1022, 2.0**971, 2.0**-1021]
    for _ in range(100):
        (number,) = struct.unpack("<d", rng.randbytes(8))
        if number == number and abs(number) != float("inf"):
            doubles.append(number)
        doubles.append(round(rng.uniform(-1e6, 1e6), rng.randint(0, 9)))
    write(path, "a double, its repr() in Python", [f'{{{d.hex()}, "{d!r}"}},' for d in doubles])


def write(path, columns, rows):
    with open(os.path.join(HERE, path), "w", encoding="utf-8") as file:
        file.write(f"/* Made by make_tables.py. Rows: {columns}. */\n")
        for row in rows:
            file.write(row + "\n")


if __name__ == "__main__":
    write_decimals("decimal_table.inc")
    write_doubles("double_table.inc")
