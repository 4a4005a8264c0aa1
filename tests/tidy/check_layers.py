#!/usr/bin/env python3
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# check_layers: fails when a file includes what its layer must not know.
"""Checks the includes of the project at ROOT, or checks itself.

usage: check_layers.py ROOT | --self-test
"""

import re
import sys

import source_tree

# From the lowest up. A file may include its own layer and the rows below it;
# the layers of one row are siblings and do not know each other.
ROWS = (
    ("base",),
    ("os", "buffer"),
    ("poll",),
    ("loop",),
    ("net",),
    ("ws", "tls", "watcher", "coro", "pubsub", "metrics"),
)

# What a public header may take from the standard library: only what is light.
PUBLIC_STANDARD_HEADERS = frozenset("""
    array atomic bit cassert cerrno chrono compare concepts coroutine cstddef
    cstdint cstring exception initializer_list iosfwd iterator limits memory
    new optional ratio source_location span string string_view system_error
    tuple type_traits utility variant vector version
    """.split())

# Made by the build, so it is in no tree.
GENERATED = "include/eddy/version.h"

# Headers of poll that only poll may include: the pollers and what they are
# made of. The rest is the interface that loop and net see.
POLL_INTERNAL = re.compile(r"poll/(?!(?:poller|transport|operation)\.h$)\w+\.h$")
# The pollers of which one is chosen at run time.
CONCRETE_POLLER = re.compile(r"poll/(?!readiness_|descriptor_)(\w+)_poller\.h$")
POLLER_FACTORY = "src/poll/poller_factory.cc"

# What users of the library may include besides eddy itself.
USER_ANGLED = re.compile(r"(?:(?:eddy|CLI|fmt|event2|sys|net|netinet|arpa|linux)/"
                         r".+|[^/]+)$")
# What benchmarks may include in addition.
BENCH_ANGLED = re.compile(r"(?:boost|openssl)/.+$")

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")',
                     re.MULTILINE)


def known_by(layer):
    """Returns the layers that a file of `layer` may include."""
    known = set()
    for row in ROWS:
        if layer in row:
            return known | {layer}
        known.update(row)
    return None


def includes_of(text):
    """Yields (line, path, is_quoted) for each include in `text`."""
    code = source_tree.code_of(text)
    for match in INCLUDE.finditer(code):
        path = match.group(1) or match.group(2)
        line = code.count("\n", 0, match.start(match.lastindex)) + 1
        yield line, path, match.group(2) is not None


def layer_of(path, tree):
    """Returns the layer that `path` belongs to, or None.

    That of src/LAYER/... is LAYER. A public header belongs to the layer that
    implements it, which is the one with a source of the same name; a header
    without a source belongs to none.
    """
    parts = path.split("/")
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else None
    if len(parts) > 3:
        return parts[2]  # include/eddy/LAYER/...
    source = parts[-1].removesuffix(".in").removesuffix(".h") + ".cc"
    for row in ROWS:
        for layer in row:
            if f"src/{layer}/{source}" in tree:
                return layer
    return None


def public_layers(path, tree, seen):
    """Returns all layers that the public header `path` brings in."""
    if path in seen or path not in tree:
        return set()
    seen.add(path)
    own = layer_of(path, tree)
    layers = {own} if own else set()
    for _, name, _ in includes_of(tree[path]):
        if name.startswith("eddy/"):
            layers |= public_layers(f"include/{name}", tree, seen)
    return layers


def check_public_include(layer, name, tree):
    """What is wrong when `layer` includes the public header `name`, or None."""
    path = f"include/{name}"
    if path not in tree and path != GENERATED:
        return f"there is no {path}"
    if layer is None:
        return None
    if name == "eddy/eddy.h":
        return "eddy.h is for programs; include what is needed"
    too_high = public_layers(path, tree, set()) - known_by(layer)
    if too_high:
        return f"{layer} must not know {', '.join(sorted(too_high))}: {name}"
    return None


def check_public_header(path, name, is_quoted, tree):
    """What is wrong with one include of a public header, or None."""
    if not is_quoted:
        if name in PUBLIC_STANDARD_HEADERS:
            return None
        return f"a public header must not include <{name}>"
    if not name.startswith("eddy/"):
        return f"a public header must not include {name}"
    if name == "eddy/eddy.h":
        return "eddy.h is for programs; include what is needed"
    return check_public_include(layer_of(path, tree), name, tree)


def check_internal(path, name, is_quoted, tree):
    """What is wrong with one include of a file under src, or None."""
    layer = layer_of(path, tree)
    if not is_quoted:
        if name.startswith("eddy/"):
            return f'write "{name}", with quotes'
        return None
    if name.startswith("eddy/"):
        return check_public_include(layer, name, tree)
    target = name.split("/")[0]
    if known_by(target) is None:
        return f"{name} is not named from the root of src"
    if target not in known_by(layer):
        return f"{layer} must not know {target}: {name}"
    if layer != "poll" and POLL_INTERNAL.match(name):
        return f"{name} is internal to poll"
    concrete = CONCRETE_POLLER.match(name)
    if concrete and path != POLLER_FACTORY and (
            not path.startswith(f"src/poll/{concrete.group(1)}_")):
        return f"only the poller factory includes {name}"
    return None


def check_user(path, name, is_quoted, tree):
    """What is wrong with one include of an example or benchmark, or None."""
    if not is_quoted:
        if USER_ANGLED.match(name):
            return None
        if path.startswith("bench/") and BENCH_ANGLED.match(name):
            return None
        return f"programs of users do not include <{name}>"
    if name.startswith("eddy/"):
        return check_public_include(None, name, tree)
    if name in tree and name.split("/")[0] == path.split("/")[0]:
        return None  # a helper of its own, named from the root of the project
    if f"{path.rsplit('/', 1)[0]}/{name}" in tree:
        return None  # the same, beside it
    return f"programs of users do not include {name}"


def rule_for(path):
    """Returns the function that judges the includes of `path`, or None."""
    if path.startswith("include/"):
        return check_public_header
    if path.startswith("src/"):
        return check_internal
    if path.startswith("examples/"):
        return check_user
    if path.startswith("bench/") and not path.startswith("bench/micro/"):
        return check_user
    return None


def check(tree):
    """Returns the complaints about the includes of `tree`."""
    complaints = []
    for path, text in tree.items():
        if path.startswith("src/") and (
                known_by(layer_of(path, tree)) is None):
            complaints.append(f"{path}:1: in no known layer")
            continue
        rule = rule_for(path)
        if rule is None:
            continue
        for line, name, is_quoted in includes_of(text):
            problem = rule(path, name, is_quoted, tree)
            if problem:
                complaints.append(f"{path}:{line}: {problem}")
    return complaints


def self_test_cases():
    """Yields (name, tree, what the complaint contains or None)."""
    good = {
        "include/eddy/status.h": "#include <string>\n",
        "include/eddy/event_loop.h": '#include "eddy/status.h"\n',
        "include/eddy/server.h": '#include "eddy/event_loop.h"\n'
                                 '#include "eddy/version.h"\n',
        "include/eddy/options.h": '#include "eddy/server.h"\n',
        "include/eddy/eddy.h": '#include "eddy/server.h"\n',
        "src/base/status.cc": '#include "eddy/status.h"\n',
        "src/base/check.h": "#include <cstdio>\n",
        "src/os/socket.h": '#include "base/check.h"\n',
        "src/poll/poller.h": '#include "os/socket.h"\n',
        "src/poll/readiness_poller.h": '#include "poll/poller.h"\n',
        "src/poll/epoll_poller.h": '#include "poll/readiness_poller.h"\n',
        "src/poll/epoll_poller.cc": '#include "poll/epoll_poller.h"\n',
        POLLER_FACTORY: '#include "poll/epoll_poller.h"\n',
        "src/loop/event_loop.cc": '#include "eddy/event_loop.h"\n'
                                  '#include "poll/poller.h"\n',
        "src/net/server.cc": '#include "eddy/server.h"\n'
                             '#include "poll/poller.h"\n',
        "tests/unit/poll/epoll_poller_test.cc":
            '#include "poll/epoll_poller.h"\n',
        "bench/load/stats.h": "#include <vector>\n",
        "bench/load/main.cc": "#include <CLI/CLI.hpp>\n"
                              "#include <sys/socket.h>\n"
                              '#include "eddy/eddy.h"\n'
                              '#include "bench/load/stats.h"\n',
        "bench/load/handshake.cc": "#include <openssl/evp.h>\n",
        "bench/micro/ring_bench.cc": '#include "os/socket.h"\n',
    }
    yield "a good tree", good, None

    bad = (
        ("sibling", "src/os/a.h", '"buffer/b.h"', "os must not know buffer"),
        ("upward", "src/base/a.h", '"os/socket.h"', "base must not know os"),
        ("protocol sibling", "src/ws/a.h", '"tls/a.h"', "ws must not know tls"),
        ("upward by a public header", "src/poll/a.h", '"eddy/server.h"',
         "poll must not know loop, net"),
        ("upward by a header without source", "src/loop/a.h",
         '"eddy/options.h"', "loop must not know net"),
        ("umbrella", "src/net/a.h", '"eddy/eddy.h"', "eddy.h is for programs"),
        ("no such public header", "src/net/a.h", '"eddy/gone.h"',
         "there is no include/eddy/gone.h"),
        ("concrete poller in loop", "src/loop/a.cc", '"poll/epoll_poller.h"',
         "internal to poll"),
        ("readiness poller in net", "src/net/a.cc",
         '"poll/readiness_poller.h"', "internal to poll"),
        ("concrete poller in poll", "src/poll/a.cc", '"poll/epoll_poller.h"',
         "only the poller factory"),
        ("relative include", "src/net/a.cc", '"a.h"', "from the root of src"),
        ("unknown layer", "src/misc/a.cc", "<vector>", "in no known layer"),
        ("angled eddy", "src/net/a.cc", "<eddy/status.h>", "with quotes"),
        ("public, system header", "include/eddy/a.h", "<sys/socket.h>",
         "must not include <sys/socket.h>"),
        ("public, heavy header", "include/eddy/a.h", "<functional>",
         "must not include <functional>"),
        ("public, internal header", "include/eddy/a.h", '"base/check.h"',
         "must not include base/check.h"),
        ("public, umbrella", "include/eddy/a.h", '"eddy/eddy.h"',
         "eddy.h is for programs"),
        ("example, internal header", "examples/a.cc", '"net/server.h"',
         "do not include net/server.h"),
        ("example, other library", "examples/a.cc", "<boost/asio.hpp>",
         "do not include <boost/asio.hpp>"),
        ("bench, internal header", "bench/a.cc", '"os/socket.h"',
         "do not include os/socket.h"),
    )
    for name, path, include, expected in bad:
        tree = dict(good)
        tree[path] = f"// A line.\n#include {include}\n"
        yield name, tree, expected
    tree = dict(good)
    tree["include/eddy/status.h"] = '#include "eddy/event_loop.h"\n'
    tree["src/base/status.cc"] = ""
    yield "public header upward", tree, "base must not know loop"


if __name__ == "__main__":
    sys.exit(source_tree.run(check, self_test_cases()))
