"""Has libpq parse connection strings: JSON list of strings on stdin, JSON report on stdout."""

import ctypes
import json
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


def main():
    libpq = ctypes.CDLL("libpq.so.5")
    libpq.PQconninfoParse.restype = ctypes.POINTER(Option)
    libpq.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    libpq.PQconninfoFree.argtypes = [ctypes.c_void_p]
    libpq.PQfreemem.argtypes = [ctypes.c_void_p]
    libpq.PQconndefaults.restype = ctypes.POINTER(Option)
    strings = json.load(sys.stdin)
    keywords = [
        [text(o.keyword), text(o.envvar), text(o.compiled)]
        for o in entries(libpq.PQconndefaults())
        if not o.keyword.startswith(b"_")
    ]
    report = {
        "version": libpq.PQlibVersion(),
        "keywords": keywords,
        "results": [parse(libpq, conninfo) for conninfo in strings],
    }
    json.dump(report, sys.stdout)


main()
