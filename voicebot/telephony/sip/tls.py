"""TLS for SIP: what we prove ourselves with, whom we trust, and a certificate that is replaced while we run.

A SIP domain is proved by a certificate for that domain, whatever host DNS led to (RFC 5922 section 7).
"""

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from cryptography import x509

from voicebot.errors import ConfigurationError
from voicebot.settings import SipSettings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files. ``certificate`` holds the chain (None: we are a client only) and ``key`` its key (None: the same
    file), ``ca`` whom we trust (None: whom the system trusts). ``verify_clients`` asks callers for a certificate too.
    """

    certificate: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    verify_clients: bool = False
    password: str = field(default="", repr=False)

    @classmethod
    def from_settings(cls, settings: SipSettings) -> "TlsFiles":
        """The files that the settings name; the key's password comes from the environment."""
        certificate, key, ca = (
            Path(name) if name else None for name in (settings.tls_certificate, settings.tls_key, settings.tls_ca)
        )
        password = os.environ.get(settings.tls_key_password_env, "")
        return cls(certificate, key, ca, settings.tls_verify_clients, password)

    def watched(self) -> tuple[float, ...]:
        """When the certificate and key were last written."""
        return tuple(path.stat().st_mtime for path in (self.certificate, self.key) if path is not None)


class Tls:
    """The contexts of one line. Raises :class:`ConfigurationError` when a file is missing or of no use."""

    def __init__(self, files: TlsFiles) -> None:
        self._files = files
        for path in (files.certificate, files.key, files.ca):
            if path is not None and not path.is_file():
                raise ConfigurationError(f"the TLS files of the SIP line cannot be used: there is no file {path}")
        self._client: ssl.SSLContext | None = None
        self.server: ssl.SSLContext | None = None
        self.expires: float | None = None
        """When our certificate ends, in Unix time; None without one."""
        try:
            if files.certificate is not None:
                self.server = self._server()
                self._load(self.server)
            if files.ca is not None or files.certificate is not None:
                self._client = self._make_client()
            self._seen = files.watched()
            self.expires = self._end()
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"the TLS files of the SIP line cannot be used: {_why(error)}") from error

    def _server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._files.verify_clients:
            context.verify_mode = ssl.CERT_REQUIRED
            if self._files.ca is not None:
                context.load_verify_locations(self._files.ca)
            else:
                context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
        return context

    def _make_client(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self._files.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(context)
        return context

    def _load(self, context: ssl.SSLContext) -> None:
        files = self._files
        if files.certificate is not None:
            # A key that needs a password and is given none must be an error, not a question on the terminal.
            context.load_cert_chain(files.certificate, files.key, files.password.encode)

    @property
    def client(self) -> ssl.SSLContext:
        """For connections of ours. The system's authorities are read only when needed: that takes long."""
        if self._client is None:
            self._client = self._make_client()
        return self._client

    def _end(self) -> float | None:
        if self._files.certificate is None:
            return None
        certificate = x509.load_pem_x509_certificate(self._files.certificate.read_bytes())
        return certificate.not_valid_after_utc.timestamp()

    def refresh(self) -> bool:
        """Take the certificate and key again if they were written since; says whether it did.

        Connections that are open keep theirs. Files that are of no use (half written, say) leave the old ones in use.
        """
        try:
            seen = self._files.watched()
            if seen == self._seen:
                return False
            for context in (self.server, self._client):
                if context is not None:
                    self._load(context)
        except (OSError, ValueError) as error:
            _log.error("the new TLS certificate cannot be used; the old one stays", reason=_why(error))
            return False
        self._seen, self.expires = seen, self._end()
        _log.info("took the new TLS certificate")
        return True


def _why(error: Exception) -> str:
    """What is wrong, without the numbers of OpenSSL."""
    if isinstance(error, ssl.SSLError):
        return error.reason or "not PEM, or a key that does not fit its certificate or password"
    return str(error)
