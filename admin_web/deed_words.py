"""What was done to cameras, sites and accounts, in words."""

from collections.abc import Mapping

from domain.records import Account, Deed, DeedKind

_SAID: Mapping[tuple[DeedKind, str], str] = {
    (DeedKind.CAMERA, "add"): "Added {name} at {detail}",
    (DeedKind.CAMERA, "key"): "Gave {name} a new key",
    (DeedKind.CAMERA, "restore"): "Let {name} send again, with a new key",
    (DeedKind.CAMERA, "rename"): "Renamed {name} to {detail}",
    (DeedKind.CAMERA, "revoke"): "Revoked the key of {name}",
    (DeedKind.SITE, "add"): "Added the site {name}",
    (DeedKind.SITE, "rename"): "Renamed the site {name} to {detail}",
    (DeedKind.ACCOUNT, "invite"): "Sent {name} an invitation",
    (DeedKind.ACCOUNT, "role"): "Made {name} {detail}",
    (DeedKind.ACCOUNT, "password-link"): "Made a link by which {name} chooses a password",
    (DeedKind.ACCOUNT, "password"): "Chose a new password for {name}",
    (DeedKind.ACCOUNT, "sign-out"): "Signed {name} out of {detail}",
    (DeedKind.ACCOUNT, "close"): "Closed the account of {name}",
}


def deed_said(deed: Deed) -> str:
    """Return what was done: "Renamed Front door to Main door"."""
    template = _SAID.get((deed.kind, deed.verb), deed.verb.capitalize() + " {name}")
    return template.format(name=deed.name, detail=deed.detail)


def deed_by(deed: Deed, reader: Account) -> str:
    """Return who did it and where: "you in the panel", "on the command line"."""
    if deed.account_id is None:
        return "on the command line"
    who = "you" if deed.account_id == reader.id else deed.account_name
    return f"by {who} in the {deed.via}"
