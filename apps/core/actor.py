"""Who is acting: a person in one membership, or a named part of the system."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Actor:
    """The one answer to "as whom is this done?". Services and policies take it; there is no default.

    Ids are 0 where there is none, so that a filter by them finds nothing (``None`` would find rows without a value).
    ``permissions`` are the codenames that the acting membership holds on its own organization (guardian grants).
    ``is_staff``: the platform's own staff. ``confirmed``: the person gave a second factor in this session just now.
    ``region_prefix`` is set for government bodies alone: the leading digits of the regions under their jurisdiction.
    """

    user_id: int = 0
    membership_id: int = 0
    organization_id: int = 0
    organization_kind: str = ""
    role: str = ""
    permissions: frozenset[str] = field(default=frozenset())
    region_prefix: str | None = None
    read_only: bool = False
    is_staff: bool = False
    confirmed: bool = False
    system_name: str = ""

    @classmethod
    def anonymous(cls) -> Actor:
        """Nobody: sees nothing, may do nothing."""
        return cls()

    @classmethod
    def system(cls, name: str) -> Actor:
        """A named task or command; it sees all and is recorded under its name."""
        if not name:
            raise ValueError("a system actor needs a name")
        return cls(system_name=name)

    @property
    def is_system(self) -> bool:
        return bool(self.system_name)

    @property
    def is_member(self) -> bool:
        """Whether a person is acting in a membership."""
        return self.membership_id != 0

    @property
    def is_person(self) -> bool:
        """Whether somebody is signed in, in a membership or not."""
        return self.user_id != 0

    def may(self, codename: str) -> bool:
        """Whether the acting membership holds this permission on its own organization."""
        return self.is_system or codename in self.permissions

    def history(self) -> dict[str, int | str]:
        """What the audit trail records of the actor: ids only."""
        if self.is_system:
            return {"system": self.system_name}
        return {
            "user": self.user_id,
            "membership": self.membership_id,
            "organization": self.organization_id,
        }
