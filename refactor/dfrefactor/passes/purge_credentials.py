r"""Move what uses a credential out of the image.

What an ENV, an ARG or a command holds stands in the image's configuration or history, and a file that one layer writes and
the next removes is still in the first.  The steps that use the credential become a stage of their own, of which the image
gets only what they leave:

    FROM debian
    ENV cred=...
    # dfrefactor: writes=/any_folder
    RUN wget https://$cred:servername/path/download.zip \
        && do_some_stuff_with_download_zip
    RUN do_some_more_stuff
    ->
    FROM debian AS builder
    ENV cred=...
    # dfrefactor: writes=/any_folder
    RUN wget https://$cred:servername/path/download.zip \
        && do_some_stuff_with_download_zip

    FROM debian
    COPY --from=builder /any_folder /any_folder
    RUN do_some_more_stuff

Tools stay where every stage finds them.  A clone keeps the URL it came from in `.git/config`, so the credential is taken out of
that before it is copied:

    FROM debian
    RUN apt-get update && apt-get install -y git
    ARG TOKEN
    RUN git clone https://$TOKEN@example.com/team/app.git /app
    CMD ["/app/run"]
    ->
    FROM debian AS base
    RUN apt-get update && apt-get install -y git

    FROM base AS builder
    ARG TOKEN
    RUN git clone https://$TOKEN@example.com/team/app.git /app
    RUN git -C /app remote set-url origin https://example.com/team/app.git

    FROM base
    COPY --from=builder /app /app
    CMD ["/app/run"]

A clone that another stage copies is cleaned where it is made:

    FROM debian AS source
    ARG TOKEN
    RUN git clone https://$TOKEN@example.com/team/app.git /app
    FROM debian
    COPY --from=source /app /app
    ->
    FROM debian AS source
    ARG TOKEN
    RUN git clone https://$TOKEN@example.com/team/app.git /app && \
        git -C /app remote set-url origin https://example.com/team/app.git
    FROM debian
    COPY --from=source /app /app

Not everything can move, and the finding says what is missing.  What `pip` or `npm` leave is not known by name:

    FROM python
    ARG TOKEN
    RUN pip install --index-url https://user:$TOKEN@example.com/simple app

A script of the build context may read what it does not name here:

    FROM debian
    ARG TOKEN
    COPY fetch.sh /
    RUN curl -u user:$TOKEN -o /srv/data https://example.com/data
    RUN /fetch.sh

Where no step names it, all that may read it use it: what runs a project's own text, and programs that nobody described.

    FROM node
    ARG SENTRY_AUTH_TOKEN
    COPY package.json ./
    RUN npm run build

Shell text is read where it is run: behind `nice` or `sudo`, in functions, in what `sh -c` is given.  What can't be read stays:

    FROM debian
    ARG TOKEN
    RUN sh -c "git clone https://$TOKEN@example.com/team/app.git /app"

What no build step uses is there for the running container:

    FROM debian
    ENV POSTGRES_PASSWORD=kept-in-the-image
    CMD ["postgres"]

What the container starts may read its environment.  Taking the ENV away is then unsafe: `--unsafe` does it.

    FROM debian
    ENV API_TOKEN=kept-in-the-image
    RUN curl -u user:$API_TOKEN -o /srv/data https://example.com/data
    COPY serve.sh /
    CMD ["sh", "/serve.sh"]

ONBUILD hands it to somebody else's build:

    FROM debian
    ARG TOKEN
    ONBUILD RUN curl -u user:$TOKEN -o /srv/data https://example.com/data

`--strategy mount` leaves the steps in their place and gives them secret mounts: the ARG goes, and the RUN of the first of these
becomes `RUN --mount=type=secret,id=TOKEN,env=TOKEN,required=true pip install …`.  All credentials of a file are one rewrite.
What writes one to a file goes to the steps that read that, and what a tool stored is taken out again.  The finding has the line
for `docker build`, Compose and bake that passes the secrets, and what builds the file in its repository goes along: Compose and
bake files, GitHub workflows and GitLab pipelines that pass the build argument pass the secret, and nothing else in them changes;
scripts and Makefiles get a note of what to write.  None is asked for where the file provides for a build without.  An ADD fetches
with a secret that the builder looks for by the host's name (`HTTP_AUTH_HEADER_example.com`).

A name makes no credential.  Key ids, checksums and public keys are none, and nor is what a secret mount already brings:

    FROM debian
    ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D
    RUN gpg --batch --keyserver keyserver.ubuntu.com --recv-keys "$GPG_KEY"

What a secret mount brings may still be written into a layer.  The step that does that takes it away again:

    FROM debian
    RUN --mount=type=secret,id=npmrc cp /run/secrets/npmrc /root/.npmrc && npm ci
    ->
    FROM debian
    RUN --mount=type=secret,id=npmrc cp /run/secrets/npmrc /root/.npmrc && npm ci && rm -f /root/.npmrc

Nothing is left to do here:

    FROM debian
    RUN --mount=type=secret,id=token,env=TOKEN curl -u user:$TOKEN -o /srv/data https://example.com/data

Files are credentials by their names, by where they are copied to, and by what the build context beside the Dockerfile has in
them; so are those that `COPY . .` takes along and no .dockerignore keeps out.

An error is what ends up in the image and is more than a name: it is used, a tool reads it, or a build argument hands it on.  A
value that stands in the file and that nothing uses, configuration whose content nobody saw, the address of a package index, and
files that only come along are warnings.

Safe: the image's files are those it had, but for the credential, the files that were there to hold it, and caches; the
finding names them, and the ENV that is no longer set.  A step moves only where all it leaves is known and all it depends on
comes along.  Later steps that do not name the variable are taken not to read it, and are listed.  A value that stands in the
file stays in version control, build arguments in a provenance attestation of `mode=max`, and in the log of whoever builds:
they stand in the names of the steps that move.  A secret mount is in neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from dfrefactor.dockerfile.model import Document
from dfrefactor.facts import Facts
from dfrefactor.finding import Finding, Safety, Severity
from dfrefactor.secrets import adding, exposure
from dfrefactor.secrets.files import tidy
from dfrefactor.secrets.find import find
from dfrefactor.secrets.mount import purge as mounted
from dfrefactor.secrets.plan import CannotPurgeError, Purge
from dfrefactor.secrets.running import reader
from dfrefactor.secrets.types import Credential
from dfrefactor.settings import Settings
from dfrefactor.stages.purging import RULE, move, undeclared

if TYPE_CHECKING:  # most runs look at Dockerfiles only
    from dfrefactor.compose.file import BuildFile

Group = tuple[Credential, ...]


def purge_credentials(file: Facts | BuildFile, settings: Settings) -> Iterator[Finding]:
    """What takes credentials out of a Dockerfile, and in a file that builds one passes them as it takes them then."""
    if isinstance(file, Facts):
        return _purged(file, settings)
    from dfrefactor.compose.along import along

    return along(file, settings.asked, settings.aside, RULE)


def _purged(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """One rewrite at a time: the next run finds the next one in the new text."""
    unmended: list[Finding] = []
    for group, made in _attempts(facts, settings):
        if isinstance(made, CannotPurgeError):
            unmended += [_finding(facts.document, each, str(made), _otherwise(facts, each, settings)) for each in group]
            continue
        findings = list(_mended(facts, group, made))
        if findings[0].safety <= settings.allow:
            yield from findings
            return
        unmended += findings
    yield from unmended


def _attempts(facts: Facts, settings: Settings) -> Iterator[tuple[Group, Purge | CannotPurgeError]]:
    """What becomes of the credentials: of all that a secret mount reaches at once, or else of those that belong together."""
    found = exposure.leaking(facts.document, find(facts))
    alone = [each for each in found if each.kind == "mount" or (settings.strategy == "mount" and adding.is_for(each))]
    rest = tuple(each for each in found if each not in alone)
    mounts = settings.strategy == "mount"
    yield from (((each,), _attempt(facts, (each,), settings)) for each in alone)
    whole = _attempt(facts, rest, settings) if mounts and rest else None
    if isinstance(whole, Purge):
        yield rest, whole
    parts = {}
    for group in exposure.in_one_file(rest) if mounts else exposure.together(rest):
        parts[group] = whole if whole and group == rest else _attempt(facts, group, settings)
    able = tuple(each for group, made in parts.items() if isinstance(made, Purge) for each in group)
    if mounts and able and able != rest and able not in parts and isinstance(made := _attempt(facts, able, settings), Purge):
        yield able, made
    yield from parts.items()


def _attempt(facts: Facts, group: Group, settings: Settings) -> Purge | CannotPurgeError:
    try:
        return _purge(facts, group, settings)
    except CannotPurgeError as error:
        return error


def _purge(facts: Facts, group: Group, settings: Settings) -> Purge:
    """Edits by the strategy that was asked for.  Raises CannotPurgeError."""
    document = facts.document
    stages = sorted(set().union(*(exposure.in_lineage(document, each) for each in group)))
    if not stages or group[0].kind == "mount":
        return tidy(facts, group[0])
    for credential in group:
        if credential.blocked or credential.runtime:
            raise CannotPurgeError((*credential.blocked, exposure.needed(credential))[0])
    if settings.strategy == "mount":
        return _given(facts, group)
    copy = exposure.brought(document, exposure.lineage(document))
    for credential in group:
        if copy and (credential.values or credential.kind == "file"):
            what = "this Dockerfile, with the value in it" if credential.values else "the file itself"
            raise CannotPurgeError(f"{copy.keyword} (line {copy.lines[0]}) brings {what}, unless .dockerignore keeps it out")
    stage = document.stages[stages[0]]
    if any(use.stage == stage.index for each in group for use in each.uses):
        return move(facts, stage, group)
    return undeclared(stage, group)


def _given(facts: Facts, group: Group) -> Purge:
    return adding.purge(facts, group[0]) if adding.is_for(group[0]) else mounted(facts, group)


def _otherwise(facts: Facts, credential: Credential, settings: Settings) -> str:
    """What to do where the other strategy reaches."""
    if "mount" in (settings.strategy, credential.kind) or credential.blocked or credential.runtime:
        return ""
    try:
        _given(facts, (credential,))
    except CannotPurgeError:
        return ""
    return "`--strategy mount` takes it out"


def _mended(facts: Facts, group: Group, purge: Purge) -> Iterator[Finding]:
    """One finding for a group that moves; one for each credential that is mounted, all with the edits of all."""
    document, lost = facts.document, frozenset(each.removeprefix("ENV ") for each in purge.config)
    messages = purge.messages or (purge.message,)
    if why := reader(facts, lost):
        messages = tuple(f"{message}, but the container loses it: {why}" for message in messages)
    if lost:
        given = " ".join(f"-e {name}" for name in sorted(lost))
        purge = replace(purge, notes=(*purge.notes, f"a container that needs it: docker run {given} …, or `env_file` of Compose"))
    first = _finding(document, group[0], messages[0])
    also = [exposure.message(document, each, messages[0]) for each in group[len(messages) :]]
    secrets = tuple(span for each in group for span in each.values)
    notes = dict.fromkeys([*purge.notes, *also, *(n for each in group for n in exposure.in_file(each))])
    if not purge.mounts:
        notes |= dict.fromkeys(n for each in group for n in exposure.building(each))
    whole = Finding(RULE, first.span, first.message, purge.edits, Safety.UNSAFE if why else Safety.SAFE, notes=tuple(notes),
                    secrets=secrets, gone=purge.gone, new=purge.new, config=purge.config, asked=purge.asked,
                    severity=max(Severity.WARNING, *(exposure.severity(each) for each in group)))  # fmt: skip
    yield whole
    for each, said in zip(group[1:], messages[1:], strict=False):
        message = exposure.message(document, each, said)
        yield replace(whole, span=each.span, message=message, notes=(), severity=exposure.severity(each))


def _finding(document: Document, credential: Credential, what: str, fix: str = "") -> Finding:
    message = exposure.message(document, credential, what)
    return Finding(RULE, credential.span, message, notes=tuple(exposure.in_file(credential)), secrets=credential.values,
                   severity=exposure.severity(credential), fix=fix)  # fmt: skip
