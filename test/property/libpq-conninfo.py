"""Asks libpq, as JSON on stdin and stdout.

parse: connection strings to parse; environments: variables to find default parameters with;
logins: connection strings (to servers that do not exist) to find the password of.
"""

import ctypes
import json
import os
import sys


class Option(ctypes.Structure):
    _fields_ = [
        ("keyword", ctypes.c_char_p),
        ("envvar", ctypes.c_char_p),
        ("compiled", ctypes.c_char_p),
        ("val", ctypes.c_char_p),
        ("label", ctypes.c_char_p),
        ("dispchar", ctypes.c_char_p),
        ("dispsize", ctypes.c_int),
    ]


def text(value):
    return None if value is None else value.decode("utf-8", errors="replace")


def entries(options):
    index = 0
    while options[index].keyword:
        yield options[index]
        index += 1


def parse(libpq, conninfo):
    error = ctypes.c_void_p()
    options = libpq.PQconninfoParse(conninfo.encode("utf-8"), ctypes.byref(error))
    if not options:
        message = text(ctypes.cast(error, ctypes.c_char_p).value).rstrip("\n")
        libpq.PQfreemem(error)
        return {"error": message}
    values = [[text(o.keyword), text(o.val)] for o in entries(options) if o.val is not None]
    libpq.PQconninfoFree(options)
    return {"values": values}


def defaults(libpq, environment):
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ.update(environment)
    options = libpq.PQconndefaults()
    values = [[text(o.keyword), text(o.val)] for o in entries(options) if o.val is not None]
    libpq.PQconninfoFree(options)
    return values


def password(libpq, conninfo):
    connection = libpq.PQconnectStart(conninfo.encode("utf-8"))
    found = text(libpq.PQpass(connection))
    libpq.PQfinish(connection)
    return found


def main():
    libpq = ctypes.CDLL("libpq.so.5")
    libpq.PQconninfoParse.restype = ctypes.POINTER(Option)
    libpq.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    libpq.PQconninfoFree.argtypes = [ctypes.c_void_p]
    libpq.PQfreemem.argtypes = [ctypes.c_void_p]
    libpq.PQconndefaults.restype = ctypes.POINTER(Option)
    libpq.PQconnectStart.restype = ctypes.c_void_p
    libpq.PQconnectStart.argtypes = [ctypes.c_char_p]
    libpq.PQpass.restype = ctypes.c_char_p
    libpq.PQpass.argtypes = [ctypes.c_void_p]
    libpq.PQfinish.argtypes = [ctypes.c_void_p]
    question = json.load(sys.stdin)
    keywords = [
        [text(o.keyword), text(o.envvar), text(o.compiled)]
        for o in entries(libpq.PQconndefaults())
        if not o.keyword.startswith(b"_")
    ]
    report = {
        "version": libpq.PQlibVersion(),
        "keywords": keywords,
        "parsed": [parse(libpq, conninfo) for conninfo in question.get("parse", [])],
        "passwords": [password(libpq, conninfo) for conninfo in question.get("logins", [])],
        "defaults": [defaults(libpq, values) for values in question.get("environments", [])],
    }
    json.dump(report, sys.stdout)


main()
