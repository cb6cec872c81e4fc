"""Kamailio (Debian) as the border proxy: record-routes, spreads calls over nodes it probes, fails over."""

import asyncio
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

KAMAILIO = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin")

_CONFIG = """#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=2
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "dispatcher.so"
modparam("rr", "enable_full_lr", 1)
modparam("tm", "fr_timer", 1000)
modparam("dispatcher", "list_file", "{folder}/dispatcher.list")
modparam("dispatcher", "flags", 2)
modparam("dispatcher", "ds_ping_interval", 1)
modparam("dispatcher", "ds_probing_mode", 1)
modparam("dispatcher", "ds_probing_threshold", 1)
modparam("dispatcher", "ds_ping_reply_codes", "class=2")

request_route {{
  if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
  if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
  if (has_totag()) {{
    if (loose_route()) {{ t_relay(); exit; }}
    if (is_method("ACK") && t_check_trans()) {{ t_relay(); exit; }}
    if (!is_method("ACK")) {{ sl_send_reply("404", "Not Here"); }}
    exit;
  }}
  t_check_trans();
  if (!is_method("INVITE")) {{ sl_send_reply("405", "Method Not Allowed"); exit; }}
  record_route();
  if ($rU == "bot") {{
    if (!ds_select_dst("1", "4")) {{ sl_send_reply("503", "No Node"); exit; }}
    t_on_failure("NEXT");
  }}
{people}
  t_relay();
  exit;
}}

failure_route[NEXT] {{
  if (t_is_canceled()) {{ exit; }}
  if (t_check_status("5[0-9][0-9]") || (t_branch_timeout() && !t_branch_replied())) {{
    if (ds_next_dst()) {{ t_on_failure("NEXT"); t_relay(); exit; }}
  }}
}}
"""


def free_port() -> int:
    """A port that is free for UDP and TCP on loopback."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", 0))
            port: int = udp.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, suppress(OSError):
                tcp.bind(("127.0.0.1", port))
                return port
    raise OSError("no port is free for both")


@asynccontextmanager
async def kamailio(folder: Path, nodes: Sequence[int], people: Mapping[str, int]) -> AsyncIterator[int]:
    """Run it in front of ``nodes`` (ports; who rings "bot" gets one of them) and ``people`` (ports by user).

    Gives its port.
    """
    assert KAMAILIO is not None
    port = free_port()
    (folder / "dispatcher.list").write_text("".join(f"1 sip:127.0.0.1:{node}\n" for node in nodes))
    routes = "".join(f'  if ($rU == "{user}") {{ $du = "sip:127.0.0.1:{at}"; }}\n' for user, at in people.items())
    config = folder / "kamailio.cfg"
    config.write_text(_CONFIG.format(port=port, folder=folder, people=routes))
    with (folder / "kamailio.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(KAMAILIO, "-f", str(config), "-DD", "-E", "-m", "64", "-M", "8"),
            *("-Y", str(folder), "-P", str(folder / "pid"), "-w", str(folder)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        await _listening(port, process, folder / "kamailio.log")
        yield port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def _listening(port: int, process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(15):
        while True:
            assert process.returncode is None, log.read_text(errors="replace")[-3000:]
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.05)
