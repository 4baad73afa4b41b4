"""Settings of the local GraphQL server, from the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class GraphQLServerSettings(BaseSettings):
    """An environment name is the field's name in capitals; what has no default is required."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    graphql_host: str = "127.0.0.1"
    graphql_port: int = Field(ge=0, le=65535)  # 0: any free port
    graphql_db: Path
    jwt_secret: SecretStr
    api_secret: SecretStr
    static_url_base: str  # relative urls are resolved on it

    @field_validator("static_url_base")
    @classmethod
    def _is_absolute(cls, value: str) -> str:
        AnyHttpUrl(value)
        return value
