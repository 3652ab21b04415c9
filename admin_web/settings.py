"""The rules of the house, what a change of them would do, and who changed them. For admins."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from admin_web import charts
from admin_web import rules as reading
from admin_web.options import ACCOUNT, CLOCK, OPTIONS, STORE, VIA
from admin_web.rendering import page, part
from domain.errors import InvalidError
from domain.forecast import Forecast
from domain.house import change_rules, take_back
from domain.ids import parse_id
from domain.records import House
from domain.rules import Rules, Shares

CHANGES_SHOWN = 20
# Where the slider stops, in per cent.
STOPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


async def show_settings(request: web.Request) -> web.Response:
    """Show the rules; without scripts, also what a target that was asked for would do."""
    asked = {
        rule: request.query[rule] for rule in reading.SECTIONS["target"] if rule in request.query
    }
    return await _show(request, said=asked, preview=bool(asked))


async def _show(
    request: web.Request,
    status: int = 200,
    *,
    said: Mapping[str, Any] | None = None,
    section: str = "",
    note: str = "",
    preview: bool = False,
) -> web.Response:
    options, store = request.app[OPTIONS], request.app[STORE]
    rules, variables = options.rules, options.rule_variables
    await rules.refresh(store)
    said = said or {}
    changes = await store.rule_changes.latest(
        after=parse_id(request.query["before"]) if "before" in request.query else None,
        limit=CHANGES_SHOWN + 1,
    )
    tried = await _tried(request, said) if preview else None
    return await page(
        request,
        "settings.html",
        status,
        target=reading.rows(reading.TARGET, rules, variables, said),
        visits=reading.rows(reading.VISITS, rules, variables, said),
        questions=reading.rows(reading.QUESTIONS, rules, variables, said),
        retention=reading.rows(reading.RETENTION, rules, variables, said),
        house=rules.house,
        now=rules.now,
        quiet=_quiet(rules.house, said if section == "quiet" else None),
        variables=variables,
        stops=STOPS,
        tried=tried,
        section=section,
        note=note,
        saved=request.query.get("saved", ""),
        changes=changes[:CHANGES_SHOWN],
        more=changes[CHANGES_SHOWN - 1].id if len(changes) > CHANGES_SHOWN else None,
        changed=reading.changed,
        models=await options.forecaster.models() if options.forecaster else None,
        workers=await store.workers.alive(request.app[CLOCK]() - options.alive),
    )


def _quiet(house: House, said: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what the fields of the quiet hours show."""
    if said is not None:
        return {
            "on": "quiet_on" in said,
            "start": said.get("quiet_from", ""),
            "end": said.get("quiet_to", ""),
            "digest": "quiet_digest" in said,
        }
    quiet = house.quiet
    return {
        "on": quiet is not None,
        "start": reading.clock(quiet.start if quiet else 22 * 60),
        "end": reading.clock(quiet.end if quiet else 7 * 60),
        "digest": bool(quiet and quiet.digest),
    }


async def show_forecast(request: web.Request) -> web.Response:
    """Show what a target would do: a part of the page."""
    await request.app[OPTIONS].rules.refresh(request.app[STORE])
    return part(request, "forecast.html", tried=await _tried(request, request.query))


async def _tried(request: web.Request, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the forecast is made of, or why there is none."""
    options = request.app[OPTIONS]
    rules, forecaster = options.rules, options.forecaster
    try:
        wanted = reading.read("target", said, options.rule_variables)
    except InvalidError as error:
        return {"note": str(error), "forecast": None}
    old, new = rules.shares(), _shares(rules, wanted)
    forecast = await forecaster.forecast(old, new) if forecaster else None
    return {
        "note": "",
        "forecast": forecast,
        "old": old,
        "new": new,
        "wanted": {rule: said.get(rule, "") for rule in wanted},
        "chart": _chart(forecast),
    }


def _chart(forecast: Forecast | None) -> charts.Distances | None:
    return charts.distances(forecast) if forecast else None


def _shares(rules: Rules, wanted: Mapping[str, Any]) -> Shares:
    """Return the target that would hold if this was set."""
    tried = Rules(rules.fixed)
    tried.house = House(**{rule: value for rule, value in wanted.items() if value is not None})
    return tried.shares()


async def change_settings(request: web.Request) -> web.Response:
    """Set the rules of one section; what is not right is shown again with the reason."""
    form, options = await request.post(), request.app[OPTIONS]
    section = str(form.get("section", ""))
    try:
        await change_rules(
            request.app[STORE],
            wanted=reading.read(section, form, options.rule_variables),
            fixed=options.rules.fixed,
            account=request[ACCOUNT],
            via=VIA,
            now=request.app[CLOCK](),
        )
    except InvalidError as error:
        said = {name: str(value) for name, value in form.items()}
        return await _show(request, 400, said=said, section=section, note=str(error))
    raise web.HTTPSeeOther(f"/settings?saved={section}#{section}")


async def undo_change(request: web.Request) -> web.Response:
    """Take a change of a rule back."""
    change = await take_back(
        request.app[STORE],
        change_id=parse_id(request.match_info["id"]),
        fixed=request.app[OPTIONS].rules.fixed,
        account=request[ACCOUNT],
        via=VIA,
        now=request.app[CLOCK](),
    )
    section = next((s for s, names in reading.SECTIONS.items() if change.rule in names), "")
    raise web.HTTPSeeOther(f"/settings?saved={section}#{section}")
