"""The values that Docker reads with Go's own parsers: numbers, durations, modes, platforms, references."""

from __future__ import annotations

import re

from dfrefactor.buildkit.mistake import MistakeError, refuse
from dfrefactor.lazy import regex

_TRUE_FALSE = frozenset(("1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"))


def boolean(text: str) -> bool:
    """Whether Go's strconv.ParseBool takes it."""
    return text in _TRUE_FALSE


def unsigned(text: str, base: int) -> bool:
    """Whether it is a number of 32 bits without a sign (strconv.ParseUint)."""
    return bool(re.fullmatch("[0-7]+" if base == 8 else "[0-9]+", text)) and int(text, base) < 2**32


def integer(text: str, bits: int = 64) -> int | None:
    """A decimal number with or without a sign (strconv.ParseInt); None where it is none, or too big."""
    if not re.fullmatch(r"[-+]?[0-9]+", text) or len(text) > 1000:
        return None
    value = int(text)
    return value if -(2 ** (bits - 1)) <= value < 2 ** (bits - 1) else None


_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9, "h": 3600 * 10**9}
_AMOUNT = regex(r"(?=\.?[0-9])([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")


def duration(text: str) -> int:
    """Nanoseconds.  Raises MistakeError with the message of Go's time.ParseDuration."""
    rest = re.sub(r"^[-+]", "", text)
    if rest == "0":
        return 0
    total, at = 0, 0
    while at < len(rest) or not rest:
        amount = _AMOUNT.match(rest, at)
        if not amount or len(amount[1]) > 20:
            raise MistakeError(f'time: invalid duration "{text}"')
        refuse(
            (not amount[3], f'time: missing unit in duration "{text}"'),
            (amount[3] not in _UNITS, f'time: unknown unit "{amount[3]}" in duration "{text}"'),
        )
        unit, part = _UNITS[amount[3]], (amount[2] or "")[:18]
        total += int(amount[1] or 0) * unit + (int(part) * unit // 10 ** len(part) if part else 0)
        at = amount.end()
    refuse((total >= 2**63, f'time: invalid duration "{text}"'))
    return -total if text.startswith("-") else total


def size(text: str) -> bool:
    """Whether it is an amount of memory (docker/go-units RAMInBytes)."""
    found = re.fullmatch(r"(?s)(.*[0-9. ])([^0-9. ]*)", text)
    if not found or not re.fullmatch(r"(?i)(?:[kmgtp](?:i?b)?|b)?", found[2]):
        return False
    number = found[1][:-1] if found[1].endswith(" ") else found[1]
    return bool(re.fullmatch(r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|-0*\.?0*", number)) and number != "-"


_CLAUSE = r"[augo]*(?:[-+=][rstwXxugo]*)+"


def mode(text: str) -> None:
    """Check a `--chmod`: octal, or symbolic as chmod(1) takes it.  Raises MistakeError."""
    if re.fullmatch("[0-7]+", text) and int(text, 8) <= 0o7777:
        return
    octal = f"invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"
    refuse((re.match("[0-9]", text), octal), (not re.fullmatch(f"{_CLAUSE}(?:,{_CLAUSE})*", text), "invalid syntax"))


_SYSTEMS = set(
    "aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos macos".split()
)
_MACHINES = set("""
    386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc
    riscv riscv64 s390 s390x sparc sparc64 wasm i386 x86_64 x86-64 aarch64 armhf armel
""".split())  # fmt: skip
_SYSTEM = regex(r"([A-Za-z0-9_-]+)(?:\(([A-Za-z0-9_.%-]*)((?:\+[A-Za-z0-9_.%-]+)*)\))?")
_COMPONENT = regex(r"[A-Za-z0-9_.-]+")


def platform(text: str) -> None:
    """Check a platform such as `linux/arm64` (containerd/platforms).  Raises MistakeError."""
    parts = text.split("/", 3)
    system = _SYSTEM.fullmatch(parts[0])
    refuse(("*" in text, f'"{text}": wildcards not yet supported: invalid argument'))
    if not system or re.search(r"%(?![0-9A-Fa-f]{2})", parts[0]):
        raise MistakeError(f'"{parts[0]}" is an invalid OS component of "{text}"')
    unknown = len(parts) == 1 and system[1].lower() not in _SYSTEMS and text.lower() not in _MACHINES
    refuse(
        *((not _COMPONENT.fullmatch(part), f'"{part}" is an invalid component of "{text}"') for part in parts[1:]),
        (unknown, f'"{text}": unknown operating system or architecture: invalid argument'),
        (len(parts) > 3, f'"{text}": cannot parse platform specifier: invalid argument'),
    )


_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
_REFERENCE = regex(rf"(?a:(?:{_DOMAIN}/)?({_PART}(?:/{_PART})*)(?::\w[\w.-]{{0,127}})?(?:@({_DIGEST}))?)")


def reference(text: str) -> None:
    """Check an image reference (distribution/reference, ParseNormalizedNamed).  Raises MistakeError."""
    hexadecimal = f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
    refuse((re.fullmatch("[a-f0-9]{64}", text), hexadecimal))
    first, slash, rest = text.partition("/")
    is_domain = bool(slash) and (first == "localhost" or bool(re.search("[.:]", first)) or first.lower() != first)
    domain, rest = (first, rest) if is_domain else ("docker.io", text)
    if domain in ("docker.io", "index.docker.io") and "/" not in rest:
        rest = f"library/{rest}"
    name = rest.partition(":")[0]
    refuse((name.lower() != name, f"invalid reference format: repository name ({name}) must be lowercase"))
    found = _REFERENCE.fullmatch(f"{domain}/{rest}")
    if not found:
        raise MistakeError("invalid reference format")
    refuse((len(found[1]) > 255, "repository name must not be more than 255 characters"))
    if found[2]:
        digest(found[2])


_HEX = {"sha256": 64, "sha384": 96, "sha512": 128}


def digest(text: str) -> None:
    """Check a digest such as `sha256:…` (opencontainers/go-digest).  Raises MistakeError."""
    algorithm, _, encoded = text.partition(":")
    formed = algorithm and encoded and re.fullmatch(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+", text)
    refuse(
        (not formed and (not encoded or algorithm not in _HEX), "invalid checksum digest format"),
        (algorithm not in _HEX, "unsupported digest algorithm"),
        (len(encoded) != _HEX.get(algorithm), "invalid checksum digest length"),
        (not re.fullmatch("[a-f0-9]+", encoded), "invalid checksum digest format"),
    )


_SIGNALS = {
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
    "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1",
    "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX", *(f"RTMIN+{n}" for n in range(1, 16)),
    *(f"RTMAX-{n}" for n in range(1, 15)),
}  # fmt: skip


def signal(text: str) -> None:
    """Check a STOPSIGNAL (moby/sys/signal).  Raises MistakeError."""
    refuse((not integer(text) and text.upper().removeprefix("SIG") not in _SIGNALS, f"invalid signal: {text}"))


def port(text: str) -> None:
    """Check one port of EXPOSE: `[ip:][host:]from[-to][/proto]`.  Raises MistakeError."""
    *before, last = text.split(":")
    ports, _, protocol = last.partition("/")
    host, address = (before or [""])[-1], ":".join(before[:-1])
    refuse(
        (not ports, f'invalid port: "{text}": no port specified'),
        (protocol.lower() not in ("", "tcp", "udp", "sctp"), f'invalid port: "{text}": invalid proto: {protocol}'),
        (address and not _address(address), f"invalid IP address: {address}"),
    )
    inside = _port_range(ports, "containerPort")
    differs = host and _port_range(host, "hostPort") != inside and inside != 0
    refuse((differs, f"invalid ranges specified for container and host Ports: {ports} and {host}"))


def _port_range(text: str, what: str) -> int:
    """How many ports more than one."""
    start, dash, end = text.partition("-")
    numbers = [integer(part) for part in ((start, end) if dash else (start, start))]
    first, last = (n if n is not None and 0 <= n <= 65535 else None for n in numbers)
    if first is None or last is None or (last < first):
        raise MistakeError(f"invalid {what}: {text}")
    return last - first


def _address(text: str) -> bool:
    if text.startswith("["):
        found = re.fullmatch(r"\[([^\[\]]*)\]", text)
        text = found[1] if found else ""
    from ipaddress import ip_address

    try:
        return bool(ip_address(text)) and "%" not in text
    except ValueError:
        return False


def csv_fields(text: str) -> list[str]:
    """The fields of one line of comma-separated values (tonistiigi/go-csvvalue).  Raises MistakeError."""
    if not text:
        raise MistakeError("EOF")
    fields, at = [], 0
    while True:
        field = re.compile(r'"((?:[^"]|"")*)"(?=,|\Z)|([^",]*)(?=,|\Z)').match(text, at)
        if not field:
            quoted = text.startswith('"', at)
            what = 'extraneous or missing " in quoted-field' if quoted else 'bare " in non-quoted-field'
            raise MistakeError(f"parse error on line 1, column {at + 1}: {what}")
        fields.append(field[2] if field[1] is None else field[1].replace('""', '"'))
        at = field.end() + 1
        if at > len(text):
            return fields
