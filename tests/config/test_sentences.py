"""A collection of wrong profiles: each a mistake that somebody who describes a service of their own makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.load import ProfileError, ProfileInvalid, load
from config.schema_tables import tables
from config.sentences import _PATTERNS
from tests.config.profiles import PLANTED

SECRET = f"{PLANTED}-secret"

GOOD = """\
[target]
name = "shop"
url = "wss://127.0.0.1:9000/ws"

[auth]
place = "header"
parameter = "Authorization"
scheme = "Bearer "
source = "jwt"

[auth.jwt]
secret = "PLANTED-signing-secret"
claims = { sub = "{tenant}" }

[frames]
type = "kind"
request_id = ["id"]
tenant = ["customer"]
budget = ["left"]
learn = { thread = "thread_id" }
ready = "hello"

[refusal]
type = "failure"
code = "why"
budget = ["spent"]

[operations.ping]
send = { kind = "ping" }
ends = ["pong"]

[operations.chat]
send = { kind = "say", id = "{message_id}", text = "{prompt}", thread = "{thread}" }
ends = ["said"]
cost = 2
stored_in = ["postgres"]

[attempts]
tokens = ["missing", "expired"]

[attempts.doors.read]
does = "read"
send = { kind = "list", id = "{message_id}", thread = "{victim_thread}" }
ends = ["listed"]

[stores.redis]
url = "redis://:PLANTED-redis-password@127.0.0.1:6379/0"
budgets = [{ key = "left:{tenant}" }]

[stores.postgres]
url = "postgresql://app:PLANTED-postgres-password@127.0.0.1:5432/shop"
budgets = [{ table = "accounts", owner = "customer", amount = "amount" }]

[provisioning]
sql_create = ["INSERT INTO customers (id) VALUES (%(tenant)s)"]
sql_remove = ["DELETE FROM customers WHERE id = %(tenant)s"]
redis_create = [["SET", "left:{tenant}", "{budget}"]]
redis_remove = ["left:{tenant}", "cache:{tenant}:*"]

[workload]
chat_rate = 0.5
two_sessions = 0.25
drop_after_ms = [10.0, 30.0]

[thresholds]
success_rate = 0.95
recall = 0.99
"""

SERVICE = '[auth.service]\nurl = "http://127.0.0.1/token"\n'
STEP = SERVICE + '[[auth.service.before]]\nurl = "http://127.0.0.1/login"\n'
LOGIN = 'source = "service"\n' + SERVICE
LEARNT = LOGIN + "learn = { refresh = 'refresh_token' }\n"
RENEWAL = "[auth.renewal]\nevery_s = 60\n"
REFRESH = "[auth.renewal.service]\nurl = 'http://127.0.0.1/refresh'\n"

ROOM = 'does = "read"\nthen = { kind = "join", thread = "{victim_thread}" }'
BY_MARKS = 'granted_by = "victims_marks"'
ENTRANCES = [
    (ROOM, "attempts.entrances.room.then", "what answers it decides nothing where granted_by is 'answer'"),
    (f'{ROOM}\n{BY_MARKS}'.replace("read", "change"), "attempts.entrances.room.granted_by",
     "'victims_marks' can't tell whether somebody could change what is another's"),
    (f'{ROOM}\n{BY_MARKS}\nwithin_s = 0', "attempts.entrances.room.within_s", "greater than 0"),
    (f'{ROOM}\n{BY_MARKS}\nwithin_s = 600', "attempts.entrances.room.within_s", "less than or equal to 60"),
    (f'{ROOM}\n{BY_MARKS}\nwithin = 2', "attempts.entrances.room.within", "did you mean within_s or then?"),
    (f'{ROOM}\ngranted_by = "marks"', "attempts.entrances.room.granted_by", "found 'marks'"),
    (f'{ROOM}\n{BY_MARKS}'.replace("victim_thread", "victim_threat"), "attempts.entrances.room.then",
     "nothing fills {victim_threat}; did you mean victim_thread"),
    (f'{ROOM}\n{BY_MARKS}'.replace("join", "{message_id}"), "attempts.entrances.room.then",
     "nothing fills {message_id}"),
    (f'{ROOM}\n{BY_MARKS}'.replace("victim_thread", "thread"), "attempts.entrances.room",
     "names nothing of another tenant's: put {victim_…} into 'url', 'send' or 'then'"),
]  # fmt: skip
"""Of entrances: their table's lines, the key, what is said."""

# A line of the good profile, what stands there instead, the key that the sentence must name, and what it must say.
WRONG: list[tuple[str, str, str, str]] = [
    # where the target is
    ('name = "shop"', "", "target.name", "is missing (Name of the target"),
    ('name = "shop"', 'name = ""', "target.name", "at least 1 character"),
    ('name = "shop"', "name = 5", "target.name", "valid string, found 5"),
    ('name = "shop"', 'nmae = "shop"', "target.nmae", "did you mean name?"),
    ('url = "wss', 'url = "https://127.0.0.1/ws"', "target.url", "begins with ws:// or wss://"),
    ('url = "wss', f'url = "http://u:{SECRET}@x"', "target.url", "begins with ws:// or wss://"),
    ('url = "wss', 'url = "127.0.0.1:9000/ws"', "target.url", "begins with ws:// or wss://"),
    ('url = "wss', 'url = "ws://127.0.0.1/a b"', "target.url", "begins with ws:// or wss://"),
    ('url = "wss', 'adress = "ws://x"', "target.adress", "is no key of [target]"),
    ('name = "shop"', 'name = "shop"\ntimeout_s = 5', "target.timeout_s", "did you mean"),
    ('name = "shop"', 'name = "shop"\nreply_timeout_s = 0', "target.reply_timeout_s", "greater than 0, found 0"),
    ('name = "shop"', 'name = "shop"\nreply_timeout_s = "30s"', "target.reply_timeout_s", "valid number"),
    ('name = "shop"', 'name = "shop"\nreply_timeout_s = -1', "target.reply_timeout_s", "greater than 0, found -1"),
    ('name = "shop"', 'name = "shop"\nmax_message_bytes = 1.5', "target.max_message_bytes", "found 1.5"),
    ('name = "shop"', 'name = "shop"\nsubprotocols = "v1"', "target.subprotocols", 'should be a list (["…"])'),
    ('name = "shop"', f'name = "shop"\nheaders = "{SECRET}"', "target.headers", "should be a table"),
    ('name = "shop"', 'name = "shop"\nheaders = { X-Key = 5 }', "target.headers.X-Key", "valid string"),
    ('name = "shop"', 'name = "shop"\nchat_rate = 1', "target.chat_rate", "one of this name in [workload]"),
    ("[target]", f'tenants = "{SECRET}"\n[target]', "tenants", "should be a table ([tenants] or { … })"),
    ("[target]", '[tenant]\nnames = "uuid"\n[target]', "tenant", "did you mean tenants?"),
    ("[target]", '[tenants]\nnames = "numbers"\n[target]', "tenants.names", "found 'numbers'"),
    ("[target]", '[[health]]\nname = "x"\nurl = "ftp://x"\n[target]', "health[0].url", "http:// or https://"),
    ("[target]", '[health]\nname = "x"\nurl = "http://x"\n[target]', "health", "should be a list"),
    # how tenants prove who they are
    ('place = "header"', 'place = "body"', "auth.place", "should be "),
    ('place = "header"', 'place = "haeder"', "auth.place", "did you mean header?"),
    ('source = "jwt"', 'source = "jtw"', "auth.source", "did you mean jwt?"),
    ('source = "jwt"', 'source = "service"', "auth.source", "a table [auth.service] is needed"),
    ('secret = "PLANTED-sign', "secret = 5", "auth.jwt.secret", "valid string"),
    ('secret = "PLANTED-sign', f'secert = "{SECRET}"', "auth.jwt.secert", "did you mean secret?"),
    ("claims = {", "", "auth.jwt.claims", "is missing"),
    ("claims = {", 'claims = "sub"', "auth.jwt.claims", "should be a table"),
    ("claims = {", 'claims = { sub = "{tenat}" }', "auth.jwt.claims", "nothing fills {tenat}"),
    ("claims = {", 'claims = {}\nlifetime_s = 0', "auth.jwt.lifetime_s", "greater than 0"),
    ("claims = {", 'claims = {}\nalgorithm = "HS265"', "auth.jwt.algorithm", "did you mean HS256"),
    # logins of several steps, and their renewal: the table stands before that of the key it departs from
    ('[auth.jwt]', STEP + "learn = { email = 'a' }\n[auth.jwt]", "auth.service.before[0]", "learns 'email', which is"),
    ('[auth.jwt]', STEP + "learn = { a = '$.a' }\n[auth.jwt]", "auth.service.before[0].learn.a", "is no field path"),
    ('[auth.jwt]', STEP + "learn = { a = { } }\n[auth.jwt]", "auth.service.before[0].learn.a", "needs one of path"),
    ('[auth.jwt]', STEP + "learn = { a = { header = 'X', cookie = 'y' } }\n[auth.jwt]",
     "auth.service.before[0].learn.a", "says header and cookie: a value is taken from one place"),
    ('[auth.jwt]', STEP + "learn = { a = { matches = 'code=.*' } }\n[auth.jwt]",
     "auth.service.before[0].learn.a.matches", "needs a group in parentheses"),
    ('[auth.jwt]', STEP + "learn = { a = { matches = '(' } }\n[auth.jwt]",
     "auth.service.before[0].learn.a.matches", "is no regular expression"),
    ('[auth.jwt]', STEP + "learn = { a = { regex = '(.)' } }\n[auth.jwt]",
     "auth.service.before[0].learn.a.regex", "is no key of"),
    ('[auth.jwt]', STEP + "form = { c = '{code}' }\n[auth.jwt]", "auth.service.before[0].form", "nothing fills {code}"),
    ('[auth.jwt]', STEP + "follow = true\n[auth.jwt]", "auth.service.before[0].follow", "is no key of"),
    ('[auth.jwt]', SERVICE + "token_learnt = 'code'\n[auth.jwt]", "auth.service.token_learnt", "no step of 'before'"),
    ('[auth.jwt]', SERVICE + "expires_in = '/x'\n[auth.jwt]", "auth.service.expires_in", "is no field path"),
    # what a login teaches beside the token
    ('[auth.jwt]', SERVICE + "learn = { token = 'a' }\n[auth.jwt]", "auth.service.learn", "has 'token', which is"),
    ('[auth.jwt]', STEP + "learn = { a = 'a' }\n[auth.service.learn]\na = 'b'\n[auth.jwt]", "auth.service.learn",
     "has 'a', which is taken: choose another name"),
    ('[auth.jwt]', SERVICE + "learn = { A = 'a' }\n[auth.jwt]", "auth.service.learn.A", "small letters"),
    ('[auth.jwt]', SERVICE + "ids = ['user_id']\n[auth.jwt]", "auth.service.ids", "names 'user_id', which no 'learn'"),
    ('[auth.jwt]', SERVICE + "ids = 'user_id'\n[auth.jwt]", "auth.service.ids", "should be a list"),
    ('source = "jwt"', LOGIN + "learn = { canary = 'a' }", "auth.service.learn.canary",
     "can't be learnt, as {canary} is filled by us; choose another name"),
    ('source = "jwt"', LOGIN + "learn = { thread = 'a' }", "auth.service.learn.thread",
     "can't be learnt, as {thread} is learnt from frames (frames.learn.thread); choose another name"),
    ('source = "jwt"', LOGIN + "[[auth.service.before]]\nurl = 'http://127.0.0.1/'\nlearn = { budget = 'a' }",
     "auth.service.before[0].learn.budget", "{budget} is filled by us"),
    ('source = "jwt"', LOGIN + "body = { me = '{user_id}' }\nlearn = { user_id = 'a' }", "auth.service.body",
     "nothing fills {user_id}"),
    ('[auth.jwt]', "[auth.renewal]\n[auth.jwt]", "auth.renewal", "needs one of 'every_s' and 'before_expiry_s'"),
    ('[auth.jwt]', "[auth.renewal]\nevery_s = 0\n[auth.jwt]", "auth.renewal.every_s", "greater than 0, found 0"),
    ('[auth.jwt]', "[auth.renewal]\nevery_s = 5\nbefore_expiry_s = 5\n[auth.jwt]", "auth.renewal", "needs one of"),
    ('[auth.jwt]', "[auth.renewal]\nbefore_expiry_s = 3600\n[auth.jwt]", "auth.renewal.before_expiry_s",
     "is 3600, and a token lives for 3600 s: lower it"),
    # a login that is renewed by a request of its own
    ('[auth.jwt]', RENEWAL + REFRESH + "body = { t = '{token}' }\n[auth.jwt]", "auth.renewal.service",
     "renews a login of source 'service', and source is 'jwt', which makes a fresh token each time: remove it"),
    ('source = "jwt"', LOGIN + RENEWAL + "[auth.renewal.service]\nbody = { t = '{token}' }",
     "auth.renewal.service.url", "is missing (Address, http:// or https://"),
    ('source = "jwt"', LOGIN + RENEWAL + REFRESH, "auth.renewal.service",
     "holds nothing that the login has given (there are: {token}), so that nobody could tell which one to renew"),
    ('source = "jwt"', LOGIN + RENEWAL + REFRESH + "body = { r = '{refresh}' }", "auth.renewal.service.body",
     "nothing fills {refresh} (there are: "),
    ('source = "jwt"', LEARNT + RENEWAL + REFRESH + "form = { r = '{refesh}' }", "auth.renewal.service.form",
     "nothing fills {refesh}; did you mean refresh?"),
    ('source = "jwt"', LEARNT + RENEWAL + REFRESH + "body = { t = '{token}' }\nheaders = { X-R = 'v1 {refesh}' }",
     "auth.renewal.service.headers.X-R", "holds a placeholder that nothing fills; did you mean refresh?"),
    ('source = "jwt"', LEARNT + RENEWAL + REFRESH + "form = { r = '{refresh}' }\nlearn = { rotated = 'r' }",
     "auth.renewal.service.learn", "has 'rotated', which no 'learn' of [auth.service] teaches"),
    ('source = "jwt"', LEARNT + RENEWAL + REFRESH + "form = { r = '{refresh}' }\nlearn = { refresh = {} }",
     "auth.renewal.service.learn.refresh", "needs one of path, header, cookie, matches"),
    ('source = "jwt"', LEARNT + RENEWAL + REFRESH + "form = { r = '{refresh}' }\nids = ['refresh']",
     "auth.renewal.service.ids", "is no key of"),
    ('source = "jwt"', LEARNT + RENEWAL + REFRESH + "form = { r = '{refresh}' }\nbefore = []",
     "auth.renewal.service.before", "is no key of"),
    ('[auth.jwt]', RENEWAL + "operation = { send = { kind = 'renew' }, ends = ['renewed'] }\n[auth.jwt]",
     "auth.renewal.operation.send", "needs {token}, which is what is renewed"),
    ('[auth.jwt]', RENEWAL + "operation = { send = { t = '{token}' }, reply_by = 'none' }\n[auth.jwt]",
     "auth.renewal.operation.reply_by", "nobody would know of a refusal"),
    ('[auth.jwt]', RENEWAL + "operation = { send = { t = '{token}' } }\n[auth.jwt]",
     "auth.renewal.operation.ends", "is missing: name the kinds of the final frame"),
    ('[auth.jwt]', RENEWAL + "operation = { send = { t = '{token}', u = '{who}' }, ends = 'x' }\n[auth.jwt]",
     "auth.renewal.operation.send", "nothing fills the placeholder {who}"),
    ('[auth.jwt]', RENEWAL + "operation = { send = { t = '{token}' }, ends = 'x' }\n"
     "[operations.extra.renewal]\nsend = 'x'\nends = 'y'\n[auth.jwt]", "operations.extra.renewal", "another name"),
    # what is where in a frame
    ("request_id = ", 'request_id = { path = "id" }', "frames.request_id", 'should be a list'),
    ("request_id = ", "request_id = []", "frames.request_id", "needs one entry at least"),
    ("budget = [\"left\"]", 'budget = ["$.left"]', "frames.budget[0]", "is no field path"),
    ("budget = [\"left\"]", 'budget = ["amounts[0.left"]', "frames.budget[0]", "is no field path"),
    ("budget = [\"left\"]", 'budget = ["/left"]', "frames.budget[0]", "is no field path"),
    ("learn = ", 'learn = { thread = "t", "Thread Id" = "t" }', 'frames.learn."Thread Id"', "small letters"),
    ("learn = ", 'learn = ["thread_id"]', "frames.learn", "should be a table"),
    ("learn = ", 'learn = { thread = "thread_id", tenant = "customer" }', "frames.learn.tenant", "tenant"),
    ("learn = ", 'nobody = ["("]', "frames.nobody[0]", "is no regular expression"),
    ("learn = ", 'strangers = "ignore"', "frames.strangers", "'leak'"),
    # operations
    ('send = { kind = "say"', 'send = 5', "operations.chat.send", "is neither an object"),
    ('send = { kind = "say"', "", "operations.chat.send", "is missing"),
    ('send = { kind = "say"', 'send = { id = "{mesage_id}" }', "operations.chat.send", "{mesage_id}"),
    ('send = { kind = "say"', 'send = { t = "{victim_thread}" }', "operations.chat.send", "{victim_thread}"),
    ('ends = ["said"]', "", "operations.chat.ends", "is missing"),
    ('ends = ["said"]', "ends = []", "operations.chat.ends", "is missing: name the kinds"),
    ('ends = ["said"]', 'ends = 5', "operations.chat.ends", "should be a list"),
    ('ends = ["said"]', 'end = ["said"]', "operations.chat.end", "did you mean "),
    ('ends = ["said"]', 'ends = ["failure"]', "operations.chat.ends", "refusal.type"),
    ("cost = 2", "cost = -1", "operations.chat.cost", "greater than or equal to 0, found -1"),
    ("cost = 2", 'cost = "two"', "operations.chat.cost", "valid integer"),
    ("cost = 2", "cost = 200_000", "workload.short_requests", "lower one, or set short_budgets to 0"),
    ("stored_in = ", 'stored_in = ["mysql"]', "operations.chat.stored_in", "there is no store mysql"),
    ("[operations.ping]", "[operation.ping]", "operation", "did you mean operations?"),
    ("[operations.ping]", "[operations.dance]", "operations.dance", "is no key of [operations]"),
    ("cost = 2", 'text_limit = { most = 20, beyond = "cut" }', "operations.chat.text_limit.most",
     "is 20 characters, and the shortest text of send that names its owner has 29: raise it"),
    ("cost = 2", 'text_limit = { most = 0, beyond = "cut" }', "operations.chat.text_limit.most", "greater than 0"),
    ("cost = 2", "text_limit = { most = 200 }", "operations.chat.text_limit.beyond", "is missing"),
    ("cost = 2", 'text_limit = { most = 200, beyond = "ignored" }', "operations.chat.text_limit.beyond", "'dropped'"),
    ("cost = 2", 'text_limit = { most = 200, beyond = "cut", unit = "byte" }', "operations.chat.text_limit.unit",
     "did you mean bytes?"),
    ("cost = 2", "text_limit = 200", "operations.chat.text_limit", "should be a table"),
    ('ends = ["pong"]', 'ends = ["pong"]\ntext_limit = { most = 200, beyond = "cut" }', "operations.ping.text_limit",
     "is for texts with {prompt}, {canary} or {state_canary}, and send has none: remove it"),
    # attempts
    ('tokens = ["missing', 'tokens = ["stolen"]', "attempts.tokens[0]", "found 'stolen'"),
    ('tokens = ["missing', "tokens = true", "attempts.tokens", "should be a list"),
    ('does = "read"', 'does = "peep"', "attempts.doors.read.does", "found 'peep'"),
    ('does = "read"', "", "attempts.doors.read.does", "is missing"),
    ("[attempts.doors.read]", "[attempts.doors.Read]", "attempts.doors.Read", "small letters"),
    ("[attempts.doors.read]", "[attempts.door.read]", "attempts.door", "did you mean doors?"),
    *(("[attempts.doors.read]", f'[attempts.entrances.room]\n{entrance}\n[attempts.doors.read]', key, says)
      for entrance, key, says in ENTRANCES),
    # stores
    ('url = "redis', f'url = "redsi://:{SECRET}@x"', "stores.redis.url", "redis://"),
    ('url = "redis', "url = 5", "stores.redis.url", "valid string"),
    ("[stores.redis]", "[redis]", "redis", "one of this name in [stores]"),
    ("[stores.postgres]", "[stores.postgre]", "stores.postgre", "did you mean postgres?"),
    ('url = "postgresql', f'url = "mysql://app:{SECRET}@127.0.0.1/shop"', "stores.postgres.url", "postgresql://"),
    ('budgets = [{ key', 'budgets = [{ key = "left" }]', "stores.redis.budgets[0].key", "should contain {tenant}"),
    ('budgets = [{ key', 'budgets = { key = "left:{tenant}" }', "stores.redis.budgets", "should be a list"),
    ('budgets = [{ table', 'budgets = [{ table = "a", owner = "o" }]', "stores.postgres.budgets[0].amount", "missing"),
    # provisioning
    ("sql_remove", 'sql_remove = ["DELETE FROM customers"]', "provisioning.sql_remove", "could remove others"),
    ("sql_remove", 'sql_remove = "DELETE FROM x WHERE id = %(tenant)s"', "provisioning.sql_remove", "should be a list"),
    ("sql_create", 'sql_create = ["INSERT INTO c VALUES (%(tennant)s)"]', "provisioning.sql_create[0]", "tennant"),
    ("sql_create", 'sql_create = ["INSERT INTO c VALUES (\'{tenant}\')"]', "provisioning.sql_create[0]", "%(tenant)s"),
    ("redis_create", 'redis_create = ["SET left:{tenant} 1"]', "provisioning.redis_create[0]", "should be a list"),
    ("redis_create", 'redis_create = [["SET", "left:{tenat}", "1"]]', "provisioning.redis_create[0]", "{tenat}"),
    ("redis_remove", 'redis_remove = ["left:*"]', "provisioning.redis_remove", "could remove others"),
    ("redis_remove", 'redis_remove = ["*:{tenant}"]', "provisioning.redis_remove", "wildcard before {tenant}"),
    ("redis_remove", 'redis_remove = ["left:%(tenant)s"]', "provisioning.redis_remove", "without {tenant}"),
    ("redis_remove", 'redis_remove = []\nbatch = 0', "provisioning.batch", "greater than 0"),
    # workload and limits
    ("chat_rate = 0.5", "chat_rate = 0", "workload.chat_rate", "greater than 0"),
    ("chat_rate = 0.5", "chat_rate = -2", "workload.chat_rate", "greater than 0, found -2"),
    ("two_sessions", "two_sessions = 25", "workload.two_sessions", "less than or equal to 1, found 25"),
    ("drop_after_ms", "drop_after_ms = [10]", "workload.drop_after_ms[1]", "is missing"),
    ("drop_after_ms", "drop_after_ms = [30.0, 10.0]", "workload.drop_after_ms", "first is the shorter"),
    ("chat_rate = 0.5", "chat_rate = 1\nmix = { agents = 5 }", "workload.mix.agents", "did you mean agent?"),
    ("chat_rate = 0.5", "chat_rate = 1\nmix = { agent = 0, state = 0, roving = 0, listening = 0, trespassing = 0 }",
     "workload.mix", "at least one"),
    ("success_rate", "success_rate = 95", "thresholds.success_rate", "less than or equal to 1, found 95"),
    ("recall = 0.99", "recal = 0.99", "thresholds.recal", "did you mean recall?"),
    ("recall = 0.99", 'dropped_sessions = "none"', "thresholds.dropped_sessions", "valid integer"),
    # variables whose value is not allowed: the variable is named, and its value is not
    ('place = "header"', 'place = "${SECRET_WORD}"', "auth.place", "found '${SECRET_WORD}'"),
    ("chat_rate = 0.5", 'seed = "x ${SECRET_WORD}"', "workload.seed", "found 'x ${SECRET_WORD}'"),
]  # fmt: skip


def changed(old: str, new: str) -> str:
    """The good profile with the one line that begins so replaced."""
    lines = GOOD.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith(old)]
    lines[at] = new
    return "\n".join(lines)


def test_what_the_collection_departs_from_is_right(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD, encoding="utf-8")
    assert load(tmp_path / "good.toml", {}).target.name == "shop"
    assert len(WRONG) >= 60


@pytest.mark.parametrize(
    ("old", "new", "key", "says"), WRONG, ids=[f"{number}-{row[2]}" for number, row in enumerate(WRONG)]
)
def test_a_wrong_profile_is_one_sentence_with_file_line_and_key(
    tmp_path: Path, old: str, new: str, key: str, says: str
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(changed(old, new), encoding="utf-8")
    with pytest.raises(ProfileError) as caught:
        load(path, {"SECRET_WORD": f"{PLANTED}-word"})
    text = str(caught.value)
    sentences = [
        line for line in text.splitlines() if re.match(rf"{re.escape(str(path))}:\d+: {re.escape(key)}: ", line)
    ]
    assert len(sentences) == 1, text
    assert says in sentences[0]
    assert PLANTED not in text
    assert caught.value.__cause__ is None and (caught.value.__suppress_context__ or caught.value.__context__ is None)
    # A misspelt key is at most two mistakes: it is unknown, and what it should have been is missing.
    assert len(text.splitlines()) <= 2, text


def test_the_line_is_that_of_the_key(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(changed("cost = 2", "# a comment\n\ncost = -1"), encoding="utf-8")
    line = path.read_text().splitlines().index("cost = -1") + 1
    with pytest.raises(ProfileInvalid, match=rf"wrong\.toml:{line}: operations\.chat\.cost: "):
        load(path, {})


def test_every_mistake_is_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(changed("cost = 2", "cost = -1").replace('name = "shop"', "").replace("[workload]", "[worklaod]"))
    with pytest.raises(ProfileInvalid) as caught:
        load(path, {})
    lines = str(caught.value).splitlines()
    assert sorted(line.split(": ")[1] for line in lines) == ["operations.chat.cost", "target.name", "worklaod"]


def test_every_pattern_of_the_schema_has_words() -> None:
    for _, table in tables():
        for field in table.model_fields.values():
            for rule in field.metadata:
                pattern = getattr(rule, "pattern", None)
                assert pattern is None or pattern in _PATTERNS, pattern
