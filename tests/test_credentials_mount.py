"""The forms that `--strategy mount` writes: what a step needs to go on as before, and nothing of it in the image."""

from __future__ import annotations

import re

import pytest
from dfrefactor.finding import Finding
from dfrefactor.secrets.given import as_shell_text

from tests.test_credentials_purge import purged

KEY = "type=secret,id=T,env=T,required=true"


def runs(text: str) -> list[str]:
    """The RUNs of a rewrite, each on one line."""
    result = purged(f"FROM debian:12\n{text}", "mount")
    joined = re.sub(r"\\\n\s*", "", result.data.decode())
    return [line for line in joined.splitlines() if line.startswith("RUN ")]


def said(text: str) -> list[str]:
    """The messages of a file that stays as it is."""
    result = purged(f"FROM debian:12\n{text}", "mount")
    assert not result.changed, result.data.decode()
    return [finding.message for finding in result.findings]


def notes(text: str) -> list[str]:
    findings: tuple[Finding, ...] = purged(f"FROM debian:12\n{text}", "mount").findings
    return [note for finding in findings for note in finding.notes]


CARRIED = {
    "two secrets of one file, in one step": (
        "ARG A\nARG B\nRUN bundle config set --global a.example.com u:$A && bundle config set --global b.example.com u:$B\nRUN bundle install\n",
        [("bundle config set --global a.example.com u:$A && bundle config set --global b.example.com u:$B && bundle install"
          " && bundle config unset a.example.com && bundle config unset b.example.com")],
    ),
    "two secrets of one file, in two steps": (
        "ARG A\nARG B\nRUN docker login -u u -p $A a.example.com\nRUN docker login -u u -p $B b.example.com\nRUN docker pull a.example.com/x\n",
        [("docker login -u u -p $A a.example.com && docker login -u u -p $B b.example.com && docker pull a.example.com/x"
          " && docker logout a.example.com && docker logout b.example.com")],
    ),
    "a copy of a copy": (
        'ARG T\nRUN echo "machine h password $T" > /opt/n\nRUN cp /opt/n /root/.netrc\nRUN curl -n https://h/f\n',
        ['echo "machine h password $T" > /opt/n && cp /opt/n /root/.netrc && curl -n https://h/f && rm -f /opt/n && rm -f /root/.netrc'],
    ),
    "a literal that goes along": (
        'RUN echo "machine h login b password x1y2z3w4" > /root/.netrc\nRUN curl -n https://h/f\nRUN rm /root/.netrc\n',
        ['echo "machine h login b password ${ECHO_PASSWORD}" > /root/.netrc && curl -n https://h/f && rm -f /root/.netrc'],
    ),
    "a setting of another step, in a file that is removed": (
        'ARG T\nRUN echo "//h/:_authToken=$T" > /root/.npmrc\nRUN npm config set registry https://h/\nRUN npm install\nRUN rm -f /root/.npmrc\n',
        ["npm config set registry https://h/",
         'echo "//h/:_authToken=$T" >> /root/.npmrc && npm install && sed -i \'$d\' /root/.npmrc', "rm -f /root/.npmrc"],
    ),
    "a setting of another step stays": (
        "ARG TOKEN\nRUN npm config set //h/:_authToken $TOKEN\nRUN npm config set registry https://h/\nRUN npm install\n",
        ["npm config set registry https://h/",
         "npm config set //h/:_authToken $TOKEN && npm install && npm config delete //h/:_authToken && rm -rf ~/.npm/_logs"],
    ),
    "what an earlier step wrote comes back": (
        'ARG A_TOKEN\nCOPY settings.xml /root/.m2/settings.xml\nRUN sed -i "s/@PW@/$A_TOKEN/" /root/.m2/settings.xml\nRUN mvn -B package\n',
        [('cp -p /root/.m2/settings.xml /tmp/settings.xml.orig && sed -i "s/@PW@/$A_TOKEN/" /root/.m2/settings.xml && mvn -B package'
          " && mv -f /tmp/settings.xml.orig /root/.m2/settings.xml")],
    ),
    "what an earlier step wrote comes back for each": (
        "ARG T\nRUN echo a > /root/.netrc\nRUN printf 'machine h password %s' $T >> /root/.netrc\nRUN curl -n https://h/f\nRUN curl -n https://h/g\nRUN rm /root/.netrc\n",
        ["echo a > /root/.netrc",
         *(f"cp -p /root/.netrc /tmp/.netrc.orig && printf 'machine h password %s' $T >> /root/.netrc && curl -n https://h/{f} && mv -f /tmp/.netrc.orig /root/.netrc" for f in "fg"),
         "rm /root/.netrc"],
    ),
    "a file of the context that is edited for two": (
        'ARG A_TOKEN\nWORKDIR /s\nCOPY nuget.config .\nRUN sed -i "s/T/$A_TOKEN/" nuget.config\nRUN dotnet restore\nRUN dotnet publish -o /out\n',
        ['cp -p /s/nuget.config /tmp/nuget.config.orig && sed -i "s/T/$A_TOKEN/" nuget.config && dotnet restore && mv -f /tmp/nuget.config.orig /s/nuget.config',
         'cp -p /s/nuget.config /tmp/nuget.config.orig && sed -i "s/T/$A_TOKEN/" nuget.config && dotnet publish -o /out && mv -f /tmp/nuget.config.orig /s/nuget.config'],
    ),
    "a setting that is no secret": (
        "ARG A\nARG B\nRUN aws configure set aws_access_key_id $A && aws configure set aws_secret_access_key $B && aws configure set region x\nRUN aws s3 cp s3://a/b /srv/b\n",
        ["aws configure set region x",
         "aws configure set aws_access_key_id $A && aws configure set aws_secret_access_key $B && aws s3 cp s3://a/b /srv/b && rm -f ~/.aws/credentials"],
    ),
    "a line behind what the file held": (
        'ARG T\nWORKDIR /app\nCOPY . .\nRUN echo "//h/:_authToken=$T" >> .npmrc && npm ci\n',
        ['echo "//h/:_authToken=$T" >> .npmrc && npm ci && sed -i \'$d\' /app/.npmrc'],
    ),
    "a line behind what the step wrote": (
        'ARG T\nRUN echo "registry=https://h/" > ~/.npmrc && echo "//h/:_authToken=$T" >> ~/.npmrc && npm ci\n',
        ['echo "registry=https://h/" > ~/.npmrc && echo "//h/:_authToken=$T" >> ~/.npmrc && npm ci && sed -i \'$d\' ~/.npmrc'],
    ),
    "a list of packages' sources keeps its URL": (
        'ARG P\nRUN echo "deb https://u:$P@h/apt ./" > /etc/apt/sources.list.d/h.list\nRUN apt-get update && apt-get install -y x\n',
        [('echo "deb https://u:$P@h/apt ./" > /etc/apt/sources.list.d/h.list && apt-get update && apt-get install -y x'
          " && sed -i 's#://[^/@]*@#://#' /etc/apt/sources.list.d/h.list")],
    ),
    "a COPY of a here-document": (
        "ARG T\nCOPY <<EOF /root/.npmrc\nregistry=https://h/\n//h/:_authToken=${T}\nEOF\nRUN npm ci && rm /root/.npmrc\n",
        ['printf \'%s\\n\' "registry=https://h/" "//h/:_authToken=${T}" > /root/.npmrc && npm ci && rm /root/.npmrc'],
    ),
    "a template": (
        "ARG A_TOKEN\nENV LANG=C\nCOPY settings.in /opt/in\nRUN envsubst < /opt/in > /root/.m2/settings.xml\nRUN mvn package\nRUN rm /root/.m2/settings.xml\n",
        ["envsubst < /opt/in > /root/.m2/settings.xml && mvn package && rm -f /root/.m2/settings.xml"],
    ),
    "what the step undoes itself": (
        "ARG T\nRUN docker login -u u -p $T h.example.com && docker pull h.example.com/x && docker logout h.example.com\n",
        ["docker login -u u -p $T h.example.com && docker pull h.example.com/x && docker logout h.example.com"],
    ),
    "a key on standard input": (
        'ARG T\nRUN echo "$T" | gcloud auth activate-service-account --key-file=- && gsutil cp gs://a/x /srv/x\n',
        ['echo "$T" | gcloud auth activate-service-account --key-file=- && gsutil cp gs://a/x /srv/x && gcloud auth revoke --all --quiet'],
    ),
    "an alias in a step of its own": (
        'ARG T\nRUN mc alias set store https://h app "$T"\nRUN mc cp store/m /opt/m\n',
        ['mc alias set store https://h app "$T" && mc cp store/m /opt/m && mc alias rm store'],
    ),
    "not for whoever works elsewhere": (
        'ARG T\nRUN echo "machine h password $T" > /root/.netrc && curl -n https://h/f\nUSER app\nRUN /x.sh\n',
        ['echo "machine h password $T" > /root/.netrc && curl -n https://h/f && rm -f /root/.netrc', "/x.sh"],
    ),
    "a move within the step": (
        'ARG T\nRUN echo "machine h password $T" > /tmp/n && mv /tmp/n /root/.netrc\nRUN curl -n https://h/f\n',
        ['echo "machine h password $T" > /tmp/n && mv /tmp/n /root/.netrc && curl -n https://h/f && rm -f /root/.netrc'],
    ),
    "another condition": (
        'ARG T\nARG CI\nRUN if [ "$CI" = 1 ]; then git config --global url."https://$T@h/".insteadOf https://h/; fi\nRUN go mod download\n',
        [('if [ "$CI" = 1 ]; then git config --global url."https://$T@h/".insteadOf https://h/; fi && go mod download'
          ' && { git config --global --remove-section url."https://$T@h/" || :; }')],
    ),
    "what is taken out by its own words": (
        "ARG T\nRUN gem sources --add https://u:$T@h/ && gem install x && gem sources --remove https://u:$T@h/\n",
        ["gem sources --add https://u:$T@h/ && gem install x && gem sources --remove https://u:$T@h/"],
    ),
    "what git is told to forget": (
        'ARG T\nRUN git config --global url."https://$T@h/".insteadOf https://h/ && go get h/x && git config --global --unset url."https://$T@h/".insteadOf\n',
        ['git config --global url."https://$T@h/".insteadOf https://h/ && go get h/x && git config --global --unset url."https://$T@h/".insteadOf'],
    ),
    "a clone that is copied before it goes": (
        "ARG T\nRUN git clone https://$T@h/r.git /r && cp -a /r /s && rm -rf /r\n",
        ["git clone https://$T@h/r.git /r && git -C /r remote set-url origin https://h/r.git && cp -a /r /s && rm -rf /r"],
    ),
    "a clone that is packed before it goes": (
        "ARG T\nRUN git clone https://$T@h/r.git /r && tar czf /s.tgz /r && rm -rf /r\n",
        ["git clone https://$T@h/r.git /r && git -C /r remote set-url origin https://h/r.git && tar czf /s.tgz /r && rm -rf /r"],
    ),
    "a repository at the root": (
        "ARG T\nRUN git remote set-url origin https://u:$T@h/r.git && git pull && git remote set-url origin https://h/r.git\n",
        ["git remote set-url origin https://u:$T@h/r.git && git pull && git remote set-url origin https://h/r.git"],
    ),
    "what go is told to remember": (
        "ARG T\nRUN go env -w GOPRIVATE=h/* GOPROXY=https://u:$T@h && go mod download\n",
        ["go env -w GOPRIVATE=h/* GOPROXY=https://u:$T@h && go mod download && go env -u GOPROXY"],
    ),
    "what a checkout stores by the way": (
        "ARG T\nRUN svn export --username u --password $T https://h/r /s\n",
        ["svn export --username u --password $T https://h/r /s && rm -rf ~/.subversion/auth"],
    ),
    "git -c before the verb is not kept": (
        'ARG T\nRUN git -c http.extraheader="Authorization: Bearer $T" clone https://h/r.git /s\n',
        ['git -c http.extraheader="Authorization: Bearer $T" clone https://h/r.git /s'],
    ),
    "a file that nobody reads is not written": (
        'ARG T\nRUN echo "//h/:_authToken=$T" > /root/.npmrc\nRUN curl -u b:$T -o /srv/f https://h/f\nRUN rm /root/.npmrc\n',
        ["curl -u b:$T -o /srv/f https://h/f"],
    ),
    "all that may read it": (
        'ARG T\nRUN echo "machine h password $T" > ~/.netrc\nRUN curl -n https://h/f\nCOPY x.sh /\nRUN /x.sh\nRUN rm ~/.netrc\n',
        ['echo "machine h password $T" > ~/.netrc && curl -n https://h/f && rm -f ~/.netrc',
         'echo "machine h password $T" > ~/.netrc && /x.sh && rm -f ~/.netrc'],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "after"), CARRIED.values(), ids=CARRIED.keys())
def test_files_that_hold_one_go_along(text: str, after: list[str]) -> None:
    assert [re.sub(r"--mount=\S+ ", "", line).removeprefix("RUN ") for line in runs(text)] == after


@pytest.mark.parametrize(("text", "after"), CARRIED.values(), ids=CARRIED.keys())
def test_no_step_asks_for_what_it_does_not_use(text: str, after: list[str]) -> None:
    for line in runs(text):
        for name in re.findall(r"env=(\w+)", line):
            assert f"${name}" in line.replace("{", "") or "envsubst" in line


LEFT = {
    "the application's own file": ('ARG T\nRUN echo "API_TOKEN=$T" > .env\n', "which the running container may read"),
    "the application's own file, which others read too": (
        "ARG A_TOKEN\nWORKDIR /app\nCOPY . .\nRUN echo \"DB_PASSWORD=$A_TOKEN\" >> .env && npm run build\n", "which the running container may read",
    ),
    "a verb that stores, of a command nobody described": ("ARG TOKEN\nRUN acme auth login --token $TOKEN\n", "what `acme auth` stores"),
    "the same, on standard input": ('ARG TOKEN\nRUN echo "$TOKEN" | acme login --password-stdin\n', "what `acme login` stores"),
    "a folder": ("COPY .aws /root/.aws\nRUN aws s3 cp s3://a/x /x\nRUN rm -rf /root/.aws\n", "line 2 copies the folder .aws"),
    "another folder": ("COPY .ssh /root/.ssh\nRUN git clone git@h:r.git /s && rm -rf /root/.ssh\n", "line 2 copies the folder .ssh"),
    "a step edits the file": ("COPY .npmrc /root/.npmrc\nRUN npm config set x y\nRUN npm ci\nRUN rm /root/.npmrc\n", "can't be written to"),
    "whether it is set": ("ARG TOKEN\nRUN if [ -v TOKEN ]; then curl -u b:$TOKEN -o /f https://h/f; fi\n", "empty, not unset"),
    "a key for a user by name": ("COPY id_rsa /home/a/.ssh/id_rsa\nUSER a\nRUN git clone git@h:r.git /s && rm /home/a/.ssh/id_rsa\n", "no file that others may read"),
    "what may be there goes with it": ("ARG T\nWORKDIR /a\nCOPY . .\nRUN printf 'machine h password %s\\n' $T >> .netrc\nRUN curl -n --netrc-file .netrc https://h/f\n", "may bring other things"),
    "a name that no shell has": ("ARG NPM_TOKEN\nENV npm_config_//h/:_authToken=$NPM_TOKEN\nRUN npm ci\n", "no shell has a variable that is called npm_config_"),
    "a source that was there before": ("ARG T\nCOPY . .\nRUN dotnet nuget update source a -u u -p $T && dotnet restore\n", "whichever NuGet.Config has the source"),
    **{f"a source of packages: {each}": (f"ARG T\nRUN {each} https://u:$T@h/r x\n", "writes the URL into") for each in (
        "yum-config-manager --add-repo", "dnf config-manager --add-repo", "zypper -n ar", "apt-add-repository -y", "opam repository add", "flatpak remote-add x",
        "nix-channel --add", "git -C /r pull", "cargo install --git")},
    "a clone by a token alone": ("ARG T\nRUN hg clone https://$T@h/r /r\n", "keeps the user of the URL"),
    "a checkout of many": ("ARG T\nRUN repo init -u https://u:$T@h/m && repo sync\n", "keeps the URL in .repo"),
    "a checkout with the user in the URL": ("ARG T\nRUN svn co https://u:$T@h/r /r\n", "keeps the URL in .svn"),
    "options that are remembered": ("ARG T\nRUN pipx install --index-url https://u:$T@h/simple x\n", "pipx_metadata.json"),
    "options that are remembered, by another": ("ARG T\nRUN uv tool install --index-url=https://u:$T@h/simple x\n", "uv-receipt.toml"),
    "a state file": ("ARG TOKEN\nRUN terraform init -backend-config=\"password=$TOKEN\"\n", "terraform.tfstate"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "why"), LEFT.values(), ids=LEFT.keys())
def test_it_is_left_with_a_true_reason(text: str, why: str) -> None:
    assert any(why in message for message in said(text)), said(text)


OPTIONAL = {
    "a default": ("${T:-none}", "${T:-none}"),
    "one for what is not set": ("${T-none}", "${T:-none}"),
    "an alternative": ("${T:+b:$T}", "${T:+b:$T}"),
    "one for what is set": ('"${T+b:$T}"', '"${T:+b:$T}"'),
}


@pytest.mark.parametrize(("before", "after"), OPTIONAL.values(), ids=OPTIONAL.keys())
def test_what_the_file_can_do_without_is_not_required(before: str, after: str) -> None:
    (line,) = runs(f"ARG T\nRUN curl -u b:$T -H x:{before} -o /f https://h/f\n")
    assert line == f"RUN --mount=type=secret,id=T,env=T curl -u b:$T -H x:{after} -o /f https://h/f"


def test_every_step_that_may_read_a_file_of_the_context_gets_it() -> None:
    text = "COPY key.json /root/key.json\nCOPY f.py /\nRUN python3 /f.py\nRUN gcloud auth activate-service-account --key-file /root/key.json && rm -rf /root/.config/gcloud\nRUN rm /root/key.json\n"
    lines = runs(text)
    assert len(lines) == 2 and all("id=key_json,target=/root/key.json,required=true" in line for line in lines)


def test_every_step_that_reads_the_configuration_gets_what_it_names() -> None:
    lines = runs("ARG NPM_TOKEN\nCOPY package.json .npmrc ./\nRUN yarn install\nRUN yarn build\n")
    assert len(lines) == 2 and all("env=NPM_TOKEN,required=true" in line for line in lines)


def test_configuration_that_names_the_variable_stays() -> None:
    result = purged("FROM node\nARG NPM_TOKEN\nCOPY .npmrc package.json ./\nRUN npm install\nRUN rm .npmrc\n", "mount")
    assert "COPY .npmrc package.json" in result.data.decode() and "RUN rm .npmrc" in result.data.decode()


def test_other_things_that_the_step_removes_go_on_being_removed() -> None:
    (line,) = runs("COPY auth.conf /etc/apt/auth.conf.d/a.conf\nRUN apt-get update && rm -rf /var/lib/apt/lists/* /etc/apt/auth.conf.d/a.conf\n")
    assert line.endswith("apt-get update && rm -rf /var/lib/apt/lists/*")


PLACED = {
    "the folder that the COPY made": (
        "COPY id_rsa /root/.ssh/id_rsa\nRUN chmod 600 /root/.ssh/id_rsa && ssh-keyscan h >> /root/.ssh/known_hosts\nRUN git clone git@h:r.git /s\nRUN rm /root/.ssh/id_rsa\n",
        ["mkdir -p /root/.ssh", "ssh-keyscan h >> /root/.ssh/known_hosts", "git clone git@h:r.git /s"],
    ),
    "the folder that the COPY made, of a file that is moved": (
        "COPY .netrc /opt/k/n\nRUN cp /opt/k/n /root/.netrc && echo x > /opt/k/o\nRUN curl -n https://h/f\nRUN rm /root/.netrc /opt/k/n\n",
        ["mkdir -p /opt/k", "echo x > /opt/k/o", "curl -n https://h/f"],
    ),
    "what is removed with it": (
        "COPY id_rsa known_hosts /root/.ssh/\nRUN git clone git@h:r.git /s && rm -rf /root/.ssh\nCMD x\n", ["git clone git@h:r.git /s", "rm -rf /root/.ssh"],
    ),
    "a mode for all": (
        "COPY id_rsa known_hosts /root/.ssh/\nRUN chmod 600 /root/.ssh/*\nRUN git clone git@h:r.git /s\nRUN rm /root/.ssh/id_rsa\n",
        ["chmod 600 /root/.ssh/*", "git clone git@h:r.git /s"],
    ),
    "a mode for two": (
        "COPY id_rsa a /root/.ssh/\nRUN chmod 600 /root/.ssh/id_rsa /root/.ssh/a\nRUN git clone git@h:r.git /s\nRUN rm /root/.ssh/id_rsa\n",
        ["chmod 600 /root/.ssh/a", "git clone git@h:r.git /s"],
    ),
    "a file that is moved": ("COPY .netrc /tmp/n\nRUN mv /tmp/n /root/.netrc && curl -n https://h/f\nRUN rm /root/.netrc\n", ["curl -n https://h/f"]),
    "a file that is copied": (
        "COPY .netrc /tmp/n\nRUN cp /tmp/n /root/.netrc && chmod 600 /root/.netrc\nRUN curl -n https://h/f\nRUN rm /root/.netrc /tmp/n\n", ["curl -n https://h/f"],
    ),
    "two files": ("COPY .pypirc /root/.pypirc\nCOPY .netrc /root/.netrc\nRUN twine upload y\nRUN rm /root/.pypirc /root/.netrc\n", ["twine upload y"]),
    "an ADD": ("ADD id_rsa /root/.ssh/\nRUN git clone git@h:r.git /s\nRUN rm /root/.ssh/id_rsa\n", ["git clone git@h:r.git /s"]),
    "JSON form": ('WORKDIR /a\nCOPY ["package.json", ".npmrc", "./"]\nRUN npm ci && rm .npmrc\n', ["npm ci"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "after"), PLACED.values(), ids=PLACED.keys())
def test_files_of_the_context_are_mounted_in_their_place(text: str, after: list[str]) -> None:
    lines = runs(text)
    assert [re.sub(r"--mount=\S+ ", "", line).removeprefix("RUN ") for line in lines] == after
    assert sum("--mount" in line for line in lines) == 1


def test_what_stands_behind_a_here_document_on_its_line_comes_after_it() -> None:
    lines = "cat > ~/.netrc <<EOF && curl -n -o /f https://h/f && rm ~/.netrc\nmachine h login b password $T\nEOF\n"
    result = purged(f"FROM debian\nARG T\nRUN {lines}", "mount")
    assert result.data.decode() == f"FROM debian\nRUN --mount=type=secret,id=T,env=T,required=true {lines}"
    assert len(result.findings) == 1


@pytest.mark.parametrize(("command", "is_mounted"), [('["java", "-jar", "a.jar"]', True), ('["mvn", "exec:java"]', False), ("java -jar a.jar", False), ('["/run.sh"]', False), ('["yarn"]', False)])
def test_configuration_of_the_build_is_not_the_containers(command: str, is_mounted: bool) -> None:
    result = purged(f"FROM maven\nCOPY settings.xml /root/.m2/settings.xml\nRUN mvn package\nCMD {command}\n", "mount")
    assert ("target=/root/.m2/settings.xml" in result.data.decode()) is is_mounted
    assert is_mounted or any("running container may need" in finding.message for finding in result.findings)


def test_a_file_in_json_form_goes_from_its_copy() -> None:
    result = purged('FROM node\nWORKDIR /a\nCOPY ["package.json", ".npmrc", "./"]\nRUN npm ci && rm .npmrc\n', "mount")
    assert 'COPY ["package.json", "./"]\n' in result.data.decode()


def test_a_source_with_a_variable_is_named_by_its_value() -> None:
    text = "ENV P=acme\nCOPY keys/${P}_key.json /root/k.json\nRUN gcloud auth activate-service-account --key-file /root/k.json && rm -rf /root/.config/gcloud\nRUN rm /root/k.json\n"
    assert any("id=acme_key_json,src=keys/acme_key.json" in note for note in notes(text))


def test_all_secrets_are_passed_by_one_line() -> None:
    text = "ARG A_TOKEN\nARG B_TOKEN\nCOPY .netrc /root/.netrc\nRUN curl -u b:$A_TOKEN https://h/f\nRUN curl -u b:$B_TOKEN https://h/g\nRUN curl -n https://h/h && rm /root/.netrc\n"
    result = purged(f"FROM debian:12\n{text}", "mount")
    finding = result.findings[0]
    assert len(result.findings) == 3 and {each.edits for each in result.findings} == {finding.edits}
    said = [note for note in finding.notes if "docker build" in note]
    assert said == ["build with: docker build --secret id=A_TOKEN,env=A_TOKEN --secret id=B_TOKEN,env=B_TOKEN --secret id=netrc,src=.netrc ."]
    assert any('bake: secret = ["id=A_TOKEN,env=A_TOKEN", "id=B_TOKEN,env=B_TOKEN", "id=netrc,src=.netrc"]' in note for note in finding.notes)
    assert sum("Compose" in note for note in finding.notes) == 1


def test_what_can_be_mended_is_though_something_else_can_not() -> None:
    result = purged("FROM debian:12\nARG A_TOKEN\nARG B_TOKEN\nRUN curl -u b:$A_TOKEN https://h/f\nRUN acme login $B_TOKEN\n", "mount")
    assert "env=A_TOKEN" in result.data.decode() and "ARG B_TOKEN" in result.data.decode()


ADDED = {
    "a repository": ("https://x-access-token:${T}@h.io/a/r.git#main", "https://h.io/a/r.git#main", "id=GIT_AUTH_TOKEN.h.io,env=GIT_AUTH_TOKEN_h_io"),
    "a repository, by the token alone": ("https://$T@h.io/a/r.git", "https://h.io/a/r.git", "id=GIT_AUTH_TOKEN.h.io,env=GIT_AUTH_TOKEN_h_io"),
    "a file": ("https://b:$T@h.io:8443/f", "https://h.io:8443/f", "id=HTTP_AUTH_HEADER_h.io,env=HTTP_AUTH_HEADER_h_io"),
}


@pytest.mark.parametrize(("before", "after", "secret"), ADDED.values(), ids=ADDED.keys())
def test_the_builder_itself_authenticates_an_add(before: str, after: str, secret: str) -> None:
    text = f"FROM debian:12\nARG T\nADD {before} /srv/x\nRUN true\n"
    assert purged(text, "mount").data.decode() == f"FROM debian:12\nADD {after} /srv/x\nRUN true\n"
    assert f"build with: docker build --secret {secret} ." in notes(text.partition("\n")[2])


WRITTEN_DOWN = {
    "npm": ("npm install git+https://$T@h.io/r.git", "npm install git+https://h.io/r.git"),
    "an editable install": ("pip install -e git+https://u:$T@h.io/r@v1#egg=r", "pip install -e git+https://h.io/r@v1#egg=r"),
    "poetry": ('poetry add "git+https://u:${T}@h.io/r.git"', 'poetry add "git+https://h.io/r.git"'),
    "a pull": ("git -C /r pull https://$T@h.io/r.git main", "git -C /r pull https://h.io/r.git main"),
    "a submodule": ("git submodule add https://$T@h.io/r.git r", "git submodule add https://h.io/r.git r"),
}


@pytest.mark.parametrize(("before", "after"), WRITTEN_DOWN.values(), ids=WRITTEN_DOWN.keys())
def test_what_a_tool_writes_down_is_the_url_without(before: str, after: str) -> None:
    (line,) = runs(f"ARG T\nRUN {before}\n")
    info = re.findall(r"//(\S*@)h", before)[0]
    assert re.sub(r"--mount=\S+ |RUN | && rm -rf ~/.npm/_logs", "", line) == (
        f'git config --global url."https://{info}h.io/".insteadOf "https://h.io/" && {after}'
        f' && git config --global --remove-section url."https://{info}h.io/" && find ~/.gitconfig -empty -delete'
    )


@pytest.mark.parametrize("command", ["npm install https://$T@h.io/r.tgz", "npm install git+https://u:$(echo $T)@h.io/r.git"])
def test_other_urls_stay(command: str) -> None:
    assert not purged(f"FROM node\nARG T\nRUN {command}\n", "mount").changed


def test_an_add_of_a_repository_by_another_user_stays() -> None:
    assert "can't be said with a secret of the builder's" in said("ARG T\nADD https://bob:$T@h.io/a/r.git /srv/x\nRUN true\n")[0]


VALUES = {
    "h": '"h"', "https://b:$T@h": '"https://b:$T@h"', '"{\\"p\\":\\"${T}\\"}"': '"{\\"p\\":\\"${T}\\"}"', "'{\"p\":\"'${T}'\"}'": "'{\"p\":\"'\"${T}\"'\"}'",
    "a;b": '"a;b"', "`x`": None, "$(x)": None, "a\\ b": None, "${T:-x}": None, '"a`x`"': None,
}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), VALUES.items(), ids=VALUES.keys())
def test_the_value_of_an_env_is_said_in_shell(value: str, text: str | None) -> None:
    assert as_shell_text(value) == text


STYLES = {
    "a list with `&&` in front": (
        "ARG T\nRUN set -x \\\n  && curl -u b:$T -o /f https://h/f \\\n  && git clone https://$T@h/r.git /s \\\n  && true\n",
        (f"RUN --mount={KEY} \\\n  set -x \\\n  && curl -u b:$T -o /f https://h/f \\\n  && git clone https://$T@h/r.git /s"
        " \\\n  && git -C /s remote set-url origin https://h/r.git \\\n  && true\n"),
    ),
    "a RUN that begins on the next line": ("ARG T\nRUN \\\n    curl -u b:$T https://h/f\n", f"RUN --mount={KEY} \\\n    curl -u b:$T https://h/f\n"),
    "a here-document": (
        "ARG T\nRUN <<EOF\nset -e\ngit clone https://$T@h/r.git /s\nEOF\n",
        f"RUN --mount={KEY} <<EOF\nset -e\ngit clone https://$T@h/r.git /s; git -C /s remote set-url origin https://h/r.git\nEOF\n",
    ),
    "a body that gets an export": (
        "ARG T\nENV U=https://b:$T@h\nRUN <<EOF\ncurl $U/f\nEOF\n", f'RUN --mount={KEY} <<EOF\nexport U="https://b:$T@h"\ncurl $U/f\nEOF\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), STYLES.values(), ids=STYLES.keys())
def test_lines_are_broken_as_the_step_breaks_them(before: str, after: str) -> None:
    assert purged(f"FROM debian:12\n{before}", "mount").data.decode() == f"FROM debian:12\n{after}"
