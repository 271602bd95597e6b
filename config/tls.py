"""Certificates: whom to trust, and what to show of oneself."""

from __future__ import annotations

import ssl

from pydantic import Field, SecretStr, model_validator

from config.files import ProfileFile
from config.parts import Part


class Tls(Part):
    """Certificates for wss and https. Without this table the platform's authorities are trusted.

    There is no way to leave certificates unchecked: whoever stands in between would see every token.
    """

    ca_file: ProfileFile | None = Field(
        None, description="Certificates in PEM of the authorities to trust, in place of the platform's."
    )
    client_cert: ProfileFile | None = Field(
        None, description="Our own certificate in PEM, for targets that ask for one, with those that it hangs on."
    )
    client_key: ProfileFile | None = Field(None, description="Its private key in PEM; without it, in client_cert too.")
    client_key_password: SecretStr | None = Field(
        None, description="Password of the private key, if it has one; never shown."
    )
    server_name: str | None = Field(
        None, description="Name that the target's certificate must bear, where target.url has another or an address."
    )

    def context(self) -> ssl.SSLContext:
        """Returns a context that checks certificates and host names.

        Raises:
            ValueError: a file holds no fitting certificate or key; the message names the key.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (ssl.SSLError, OSError):
            raise ValueError("ca_file: holds no certificate in PEM") from None
        if self.client_cert is not None:
            password = self.client_key_password.get_secret_value() if self.client_key_password is not None else ""
            try:
                # Without a function OpenSSL would ask at the terminal for the password of a key that has one.
                context.load_cert_chain(self.client_cert, self.client_key, password=lambda: password)
            except (ssl.SSLError, OSError) as error:
                reason = getattr(error, "reason", None) or type(error).__name__
                raise ValueError(
                    f"client_cert: no certificate with its private key can be read ({reason}): check client_cert, "
                    "client_key and client_key_password"
                ) from None
        return context

    def chosen(self) -> ssl.SSLContext | None:
        """Returns a context if anything but the platform's own settings is wanted, else None."""
        return self.context() if self.ca_file is not None or self.client_cert is not None else None

    @model_validator(mode="after")
    def _can_be_read(self) -> Tls:
        if self.client_cert is None and (self.client_key is not None or self.client_key_password is not None):
            raise ValueError("client_key: belongs to a client_cert, and there is none")
        self.chosen()
        return self
