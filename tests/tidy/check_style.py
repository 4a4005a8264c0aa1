#!/usr/bin/env python3
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# check_style: fails when a C++ file breaks a rule that no compiler knows.
"""Checks the C++ files of the project at ROOT, or checks itself.

usage: check_style.py ROOT | --self-test
"""

import itertools
import re
import sys

import source_tree

MAX_COLUMNS = 80
MAX_HEADER_LINES = 250
MAX_SOURCE_LINES = 500
MAX_FUNCTION_LINES = 70

FIRST_LINE = "// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE."
SECOND_LINE = re.compile(r"// [^:]+: \S")

# Split, so that this file is not found by a search for them.
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")

# Where storage is made by hand.
MAY_ALLOCATE = ("src/base/", "src/buffer/", "include/eddy/unique_function.h", "tests/support/allocation_count.")
RAW_NEW = re.compile(r"\bnew\b(?!\s*\()|\bnew\s*\(\s*std\s*::\s*nothrow\b"
                     r"|\boperator\s+new\b")
# For a constructor that std::make_unique cannot call: owned at once.
OWNED_NEW = re.compile(r"\bunique_ptr\s*<[^;{}()]*>\s*\w*\s*\(\s*new\b")
RAW_DELETE = re.compile(r"(?<!=)(?<!=\s)\bdelete\b|\boperator\s+delete\b")

# Where the system may be called, by folder, and the one call outside them.
CALLS_CHECKED = ("include/", "src/")
MAY_CALL = ("src/os/", "src/poll/")
MAY_CALL_ONE = {("src/base/unique_fd.cc", "close"),
                ("src/buffer/ring_buffer.cc", "memmem")}
# Names that mean the system only when written with ::, such as ::close, since
# a member may be called so as well.
QUALIFIED_CALL = re.compile(
    r"(?:(?<![\w>\s])\s*|\b(?:return|else|do)\s*)"
    r"::\s*(?!new\b|delete\b|operator\b)([a-z]\w*)\s*\(")
# Names that mean nothing else.
PLAIN_CALL = re.compile(
    r"(?<![\w.>:])(epoll_\w+|kqueue|kevent|io_uring_\w+|eventfd|timerfd_\w+"
    r"|signalfd|accept4|recvmsg|recvmmsg|recvfrom|sendmsg|sendmmsg|sendto"
    r"|setsockopt|getsockopt|getsockname|getpeername|fcntl|ioctl|mmap|munmap"
    r"|pthread_\w+|sched_\w+|sigaction|getaddrinfo)\s*\(")

# For reading what precedes a brace. Parentheses that are no parameter list:
HARMLESS_PARENS = re.compile(
    r"\[\[.*?\]\]|\b(?:alignas|__attribute__|noexcept|requires|decltype)\s*"
    r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
OPERATOR = re.compile(r"\boperator\s*(?:\(\s*\)|\[\s*\]|[^\s\w(]+)")
SCOPE = re.compile(r"\b(?:namespace|class|struct|union|enum)\b|"
                   r'^\s*extern\s*"')
# A member in a constructor's list, whose value the brace begins.
MEMBER = re.compile(r"@[^:@]*(?<!:):(?!:)(?:.*,)?\s*[\w:]+\s*$", re.DOTALL)


def collapse(pattern, replacement, text):
    """Replaces matches of `pattern` until there is none, innermost first."""
    while True:
        replaced = re.sub(pattern, replacement, text)
        if replaced == text:
            return text
        text = replaced


def kind_of_brace(head):
    """Returns what a brace after `head`, outside any function, opens.

    "scope": a namespace, class or enum. "function": a body. "value": an
    initialiser, after which the declaration goes on.
    """
    head = OPERATOR.sub("operator", head).replace("->", " ")
    head = collapse(r"<[^<>]*>", " ", head)
    head = HARMLESS_PARENS.sub(" ", head)
    head = collapse(r"\([^()]*\)", "@", head)
    if "(" in head:
        return "value"  # of a default argument
    if SCOPE.search(head) and "@" not in head:
        return "scope"
    if "@" not in head or "=" in head or MEMBER.search(head):
        return "value"
    return "function"


def functions_of(code):
    """Yields (first line, last line) of each function body in `code`.

    A lambda or a local class counts for the function around it. The first line
    is that of the whole declaration.
    """
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*",
                  lambda m: re.sub(r"[^\n]", " ", m.group(0)), code,
                  flags=re.MULTILINE)
    depth = 0      # of braces, inside a function or a value
    kind = None    # of the outermost one of those
    head, head_at = "", 0
    for at, char in enumerate(code):
        if depth:
            depth += {"{": 1, "}": -1}.get(char, 0)
            if not depth and kind == "function":
                yield (code.count("\n", 0, head_at) + 1,
                       code.count("\n", 0, at) + 1)
                head = ""
            elif not depth:
                head += "()"  # reads as a call, and the declaration goes on
        elif char == "{":
            kind = kind_of_brace(head)
            if kind == "scope":
                head = ""
            else:
                depth = 1
        elif char in ";}" and head.count("(") <= head.count(")"):
            head = ""
        elif head or not char.isspace():
            head_at = head_at if head else at
            head += char
            if re.match(r"(?:public|protected|private)\s*:$", head):
                head = ""


def expected_guards(path):
    """Returns the include guards that the header `path` may have."""
    names = [path.split("/", 1)[1], path]
    if path.startswith("include/"):
        names = [path.removeprefix("include/")]
    elif path.startswith("src/"):
        names = ["eddy/" + path.removeprefix("src/")]
    else:
        names = ["eddy/" + name for name in names]
    return [re.sub(r"\W", "_", name.removesuffix(".in")).upper() + "_"
            for name in names]


def check_guard(path, text):
    """Yields (line, complaint) about the include guard of a header."""
    guards = expected_guards(path)
    match = re.search(r"^#ifndef (\w+)\n#define (\w+)\n", text, re.MULTILINE)
    if not match or match[1] not in guards or match[1] != match[2]:
        yield 1, f"the include guard must be {guards[0]}"
    elif not text.endswith(f"#endif  // {match[1]}\n"):
        yield text.count("\n"), f"the last line must be #endif  // {match[1]}"


def check_lines(path, text):
    """Yields (line, complaint) about lines and their number."""
    lines = text.splitlines()
    if not lines or lines[0] != FIRST_LINE:
        yield 1, f"the first line must be {FIRST_LINE}"
    if len(lines) < 2 or not SECOND_LINE.match(lines[1]):
        yield 2, "the second line must be // Thing: what it is."
    is_header = path.endswith((".h", ".h.in"))
    limit = MAX_HEADER_LINES if is_header else MAX_SOURCE_LINES
    if len(lines) > limit:
        yield len(lines), f"{len(lines)} lines, at most {limit}"
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns, at most {MAX_COLUMNS}"
        if UNFINISHED.search(line):
            yield number, "nothing unfinished is committed"


def check_words(path, code):
    """Yields (line, complaint) about words that must not be in code."""
    code = OWNED_NEW.sub(lambda m: re.sub(r"\S", " ", m[0]), code)
    for number, line in enumerate(code.split("\n"), 1):
        if re.match(r"\s*#", line):
            continue
        if re.search(r"\busing\s+namespace\b", line):
            yield number, "no using namespace"
        if not path.startswith(MAY_ALLOCATE) and (
                RAW_NEW.search(line) or RAW_DELETE.search(line)):
            yield number, "no raw new or delete"
        if path.startswith(CALLS_CHECKED) and not path.startswith(MAY_CALL):
            for match in re.finditer(f"{QUALIFIED_CALL.pattern}|"
                                     f"{PLAIN_CALL.pattern}", line):
                call = next(filter(None, match.groups()))
                if (path, call) not in MAY_CALL_ONE:
                    yield number, f"no direct system call: {call}"


def check(tree):
    """Returns the complaints about the style of `tree`."""
    complaints = []
    for path, text in tree.items():
        code = source_tree.code_of(text)
        found = [*check_lines(path, text), *check_words(path, code)]
        if path.endswith((".h", ".h.in")):
            found.extend(check_guard(path, text))
        for first, last in functions_of(code):
            length = last - first + 1
            if length > MAX_FUNCTION_LINES:
                found.append((first, f"a function of {length} lines, at most "
                                     f"{MAX_FUNCTION_LINES}"))
        complaints += [f"{path}:{line}: {what}" for line, what in sorted(found)]
    return complaints


HEAD = f"{FIRST_LINE}\n// Thing: what it is.\n\n"


def header(guard, body):
    """Returns a header that is right but for what is in `body`."""
    return (f"{HEAD}#ifndef {guard}\n#define {guard}\n\n{body}\n"
            f"#endif  // {guard}\n")


def good_cases():
    """Yields cases without a complaint: each once misled a simpler check."""
    filler = "  x();\n" * (MAX_FUNCTION_LINES - 2)
    yield "public header", {
        "include/eddy/a_b.h": header("EDDY_A_B_H_", "class A;")}, None
    yield "internal header", {
        "src/poll/poller.h": header("EDDY_POLL_POLLER_H_", "")}, None
    yield "test header, both guards", {
        "tests/support/a.h": header("EDDY_SUPPORT_A_H_", ""),
        "tests/support/b.h": header("EDDY_TESTS_SUPPORT_B_H_", "")}, None
    for name, body in (
            ("longest function", f"void F() {{\n{filler}}}\n"),
            ("long namespace", "namespace eddy {\n" + "int a;\n" * 90 + "}\n"),
            ("long class", "class A : B<int()> {\n" + "int a();\n" * 90
             + "};\n"),
            ("long table", "const int kA[] = {\n" + "  1,\n" * 90 + "};\n"),
            ("two functions", f"void F() {{\n{filler}}}\n"
                              f"void G() {{\n{filler}}}\n"),
            ("words in comments", "// using namespace, new X, delete x\n"
                                  "/* using namespace */\n"),
            ("words in strings", 'auto a = "using namespace new X";\n'
                                 'auto b = R"(delete "x)";\n'),
            ("digit separators", "int a = 1'000; int b = 1'000;\n"),
            ("deleted function", "A(const A&) = delete;\n"
                                 "A(A&&) =delete;\n"),
            ("placement new", "::new (p) A(); new (p) A();\n"),
            ("owned new", "return std::unique_ptr<A>(new A(b));\n"
                          "std::unique_ptr<B<A>> a(\n    new B<A>());\n"),
            ("wide letters", f"// {'ä' * (MAX_COLUMNS - 3)}\n"),
            ("members like calls", "a.send(b); a->close(); std::move(a);\n"
                                   "int A::close() { return fd_; }\n"
                                   "A::fcntl(b); eddy::send(x);\n")):
        yield name, {"src/net/a.cc": HEAD + body}, None
    calls = "int F() { return ::recv(0); }\nint e = ::epoll_wait(1);\n"
    for path in ("src/os/a.cc", "src/poll/a.cc", "tests/unit/a.cc",
                 "bench/raw.cc"):
        yield f"calls in {path}", {path: HEAD + calls}, None
    yield "the one call of UniqueFd", {
        "src/base/unique_fd.cc": HEAD + "void F() { ::close(1); }\n"}, None
    yield "new in buffer", {
        "src/buffer/a.cc": HEAD + "auto* a = new A; delete a;\n"}, None


def long_function_cases():
    """Yields bodies with one function that is a line too long."""
    filler = "  x();\n" * (MAX_FUNCTION_LINES - 1)
    for name, head in (
            ("plain", "void F() {"),
            ("const method", "int A::F(int x) const noexcept {"),
            ("trailing return", "auto F() -> Result<int> {"),
            ("operator", "bool operator==(const A& a, const A& b) {"),
            ("constructor list", "A::A(int b) : b_(b), c_(0) {"),
            ("braces in constructor list", "A::A(int b) : b_{b}, c_{{0}} {"),
            ("default braces", "void F(Options o = {}, int x = 1) {"),
            ("returns a struct", "struct stat F(int x) {"),
            ("template", "template <class T = int, int kN = (1)> void F() {"),
            ("requires", "template <typename T>\nrequires(sizeof(T) > 1)\n"
             "void F() {"),
            ("test", "TEST(ATest, DoesB) {"),
            ("attribute", "[[nodiscard]] int F() {")):
        lines = filler.split("\n")[head.count("\n"):]
        yield name, f"{head}\n" + "\n".join(lines) + "}\n"
    yield "in a class", ("class EDDY_EXPORT A final : public B {\n public:\n"
                         f"  void F() {{\n{filler}  }}\n}};\n")
    yield "in namespaces", ("namespace a::b {\nnamespace {\n"
                            f"void F() {{\n{filler}}}\n}}\n}}\n")
    yield "with a lambda", ("void F() {\n  g([](int x) {\n    y();\n  });\n"
                            + "  x();\n" * (MAX_FUNCTION_LINES - 4) + "}\n")


def bad_cases():
    """Yields cases with exactly one complaint."""
    for name, body in long_function_cases():
        yield f"long function, {name}", {"src/net/a.cc": HEAD + body}, (
            f"a function of {MAX_FUNCTION_LINES + 1} lines")
    for name, path, body, expected in (
            ("wide line", "src/net/a.cc", f"// {'x' * 78}\n", "81 columns"),
            ("long source", "src/net/a.cc", "int a;\n" * 498, "501 lines"),
            ("using namespace", "tests/unit/a.cc", "using namespace std;\n",
             "no using namespace"),
            ("new", "src/net/a.cc", "auto* a = new A();\n", "no raw new"),
            ("new after an owner", "src/net/a.cc",
             "std::unique_ptr<A> a; b = new A();\n", "no raw new"),
            ("new nothrow", "src/net/a.cc", "p = new (std::nothrow) A;\n",
             "no raw new"),
            ("delete", "examples/a.cc", "delete a;\n", "no raw new"),
            ("array delete", "src/net/a.cc", "delete[] a;\n", "no raw new"),
            ("recv", "src/net/a.cc", "int n = ::recv(fd, b, 1, 0);\n",
             "system call: recv"),
            ("returned send", "src/loop/a.cc", "return ::send(a);\n",
             "system call: send"),
            ("negated close", "src/net/a.cc", "if (!::close(a)) b();\n",
             "system call: close"),
            ("statement", "src/net/a.cc", "  ::close(a);\n",
             "system call: close"),
            ("plain epoll_wait", "src/net/a.cc", "n = epoll_wait(fd);\n",
             "system call: epoll_wait"),
            ("UniqueFd reads", "src/base/unique_fd.cc", "::read(1);\n",
             "system call: read"),
            ("unfinished", "src/net/a.cc", "// TO" "DO: more\n",
             "nothing unfinished")):
        yield name, {path: HEAD + body}, expected
    guard = "EDDY_NET_A_H_"
    yield "long header", {
        "src/net/a.h": header(guard, "int a;\n" * 243)}, "251 lines"
    yield "guard of another file", {
        "src/net/b.h": header(guard, "")}, "must be EDDY_NET_B_H_"
    yield "guard not closed by name", {
        "src/net/a.h": header(guard, "").replace(f"  // {guard}", "")}, (
            "the last line must be")
    yield "no licence line", {
        "src/net/a.cc": HEAD.replace("2026", "2025")}, "the first line"
    yield "no second line", {
        "src/net/a.cc": f"{FIRST_LINE}\n\nint a;\n"}, "the second line"


if __name__ == "__main__":
    sys.exit(source_tree.run(check, itertools.chain(good_cases(),
                                                    bad_cases())))
