#!/usr/bin/python3
"""A mail server (aiosmtpd): smtp_server.py FOLDER PORT USER PASSWORD

STARTTLS (FOLDER/cert.pem, key.pem) and a sign-in are demanded.  Each message taken is a line of JSON in FOLDER/mails.  What
FOLDER/rules.json says of a recipient is done first, once each: {"annv@…": ["RCPT 451 later", "DATA 554 no", "DATA drop"]};
"DATA drop" takes the message and ends the connection without an answer."""
import json
import pathlib
import signal
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

folder, port, user, password = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3].encode(), sys.argv[4].encode()


def rule_of(recipient, command):
    file = folder / "rules.json"
    rules = json.loads(file.read_text()) if file.exists() else {}
    waiting = rules.get(recipient, [])
    if not waiting or not waiting[0].startswith(command + " "):
        return None
    file.write_text(json.dumps({**rules, recipient: waiting[1:]}))
    return waiting[0].partition(" ")[2]


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        answer = rule_of(address, "RCPT")
        if answer:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = rule_of(envelope.rcpt_tos[0], "DATA")
        if answer and answer != "drop":
            return answer
        with (folder / "mails").open("a") as file:
            file.write(json.dumps({
                "from": envelope.mail_from, "to": envelope.rcpt_tos, "text": envelope.content.decode("ascii"), "name": session.host_name,
                "tls": session.ssl is not None, "user": session.auth_data.login.decode(),
            }) + "\n")
        if answer == "drop":
            server.transport.abort()
        return "250 2.0.0 taken"


def authenticator(server, session, envelope, mechanism, data):
    is_good = isinstance(data, LoginPassword) and data.login == user and data.password == password
    return AuthResult(success=is_good, auth_data=data)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
Controller(Handler(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True, authenticator=authenticator, auth_required=True).start()
print("listening", flush=True)
signal.sigwait({signal.SIGTERM, signal.SIGINT})
