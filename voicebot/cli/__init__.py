"""The ``voicebot`` command. Each subcommand imports what it needs when it runs, so that ``--help`` is quick."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from voicebot.errors import VoicebotError

app = typer.Typer(
    name="voicebot",
    help="An open phone service for local government.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="settings file (default: voicebot.toml)")]


@app.command()
def serve(
    part: Annotated[str, typer.Argument(help="all, media, speech, dialogue, actions or web")] = "all",
    config: ConfigOption = None,
) -> None:
    """Run the service, or one part of it, in the foreground until Ctrl-C."""
    from voicebot.cli.serve import serve_command

    serve_command(part, config)


@app.command()
def demo(config: ConfigOption = None) -> None:
    """Start everything, ring it as a citizen, and show the call."""
    from voicebot.cli.demo import demo_command

    demo_command(config)


@app.command()
def chat(
    as_json: Annotated[bool, typer.Option("--json", help="read and write one JSON object a line")] = False,
    at: Annotated[
        datetime | None, typer.Option(help="as at this moment, every queue keeping its hours: 2026-11-28T20:00")
    ] = None,
    config: ConfigOption = None,
) -> None:
    """The same conversation in text. /key 0 presses a key, /silence says nothing, /quit hangs up."""
    from voicebot.cli.chat import chat_command

    chat_command(as_json, at, config)


@app.command("phone-link")
def phone_link(
    hours: Annotated[float, typer.Option(help="how long it is good for", min=0.1, max=24 * 365)] = 24.0,
    config: ConfigOption = None,
) -> None:
    """Print a link with which anybody who has it may ring from a browser, without an account."""
    from voicebot.cli.phone_link import phone_link_command

    phone_link_command(hours, config)


@app.command("stt-check")
def stt_check(
    folder: Annotated[Path, typer.Argument(help="recordings: NAME.wav with NAME.txt (what is said) beside it")],
    model: Annotated[str, typer.Option(help="a recogniser; the one of the settings without")] = "",
    floors: Annotated[str, typer.Option(help="shortest windows to try, in seconds")] = "1,2,3,5,10,30",
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    config: ConfigOption = None,
) -> None:
    """Measure the recogniser on your own recordings: word errors, time, and what the short window costs."""
    from voicebot.cli.stt_check import stt_check_command

    stt_check_command(folder, model, floors, as_json, config)


@app.command()
def understand(config: ConfigOption = None) -> None:
    """Read {"text": …, "asked": …?} a line; print what each would be taken for."""
    from voicebot.cli.understand import understand_command

    understand_command(config)


@app.command()
def rehearse(
    folder: Annotated[Path, typer.Argument(help="call scripts (YAML), searched in all its folders")] = Path(
        "dialogues"
    ),
    sip: Annotated[
        str, typer.Option(help="ring this address in real time, as `voicebot call` does, not in memory")
    ] = "",
    agent_port: Annotated[
        int, typer.Option(help="with --sip: where an agent's phone waits on 127.0.0.1; 0 if somebody else answers")
    ] = 5070,
    voice: Annotated[list[str] | None, typer.Option(help="synthetic voice of the caller; may be repeated")] = None,
    only: Annotated[str, typer.Option(help="run only the scripts whose name holds this")] = "",
    name: Annotated[list[str] | None, typer.Option(help="run only the script of this name; may be repeated")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a call")] = False,
    config: ConfigOption = None,
) -> None:
    """Run scripted calls and say which ended where they must, and how fast the bot answered."""
    from voicebot.cli.rehearse import rehearse_command

    rehearse_command(folder, sip, agent_port, tuple(voice or ()), only, tuple(name or ()), as_json, config)


def _mount() -> None:
    from voicebot.accounts.audit_cli import audit_command
    from voicebot.accounts.cli import app as user_app
    from voicebot.accounts.token_cli import app as token_app
    from voicebot.caller.cli import agent_phone_command, call_command
    from voicebot.dialogue.cli import app as dialogue_app
    from voicebot.doctor import doctor_command
    from voicebot.first_run.cli import init_command
    from voicebot.models.cli import app as models_app
    from voicebot.records.cli import app as records_app

    app.command("call")(call_command)
    app.command("agent-phone")(agent_phone_command)
    app.command("doctor")(doctor_command)
    app.command("init")(init_command)
    app.command("audit")(audit_command)
    app.add_typer(user_app, name="user")
    app.add_typer(token_app, name="token")
    app.add_typer(dialogue_app, name="dialogue")
    app.add_typer(models_app, name="models")
    app.add_typer(records_app, name="records")


def main() -> None:
    """Run the command line; a known error is one plain sentence and status 1 (78 for a wrong configuration)."""
    from voicebot.records.logs import only_warnings

    only_warnings()
    _mount()
    try:
        app()
    except VoicebotError as error:
        from voicebot.app.supervisor import WRONG_CONFIGURATION
        from voicebot.errors import ConfigurationError

        print(f"voicebot: {error}", file=sys.stderr)
        sys.exit(WRONG_CONFIGURATION if isinstance(error, ConfigurationError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
