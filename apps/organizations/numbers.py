"""Registration numbers of organizations: which kinds a country has, and whether one is written correctly."""

from __future__ import annotations

import re
import unicodedata
from importlib import import_module
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from .models import Organization

LONGEST = 20
_SEPARATORS = re.compile(r"[\s\u00ad\-\u2010-\u2015\u2212_.]+")
_PLAIN = r"[0-9A-Z/]{4,18}"
_MINISTRY_CODE = r"\d{10}"


class Country(NamedTuple):
    """Its name; the modules of python-stdnum that know its numbers; a pattern for numbers that none of them knows."""

    name: str | Promise
    modules: tuple[str, ...] = ()
    pattern: str = ""


COUNTRIES: dict[str, Country] = {
    "CN": Country(_("China"), ("cn.uscc",)),
    "HK": Country(_("Hong Kong, China"), (), r"\d{8}(\d{3})?"),
    "MO": Country(_("Macao, China"), (), _PLAIN),
    "TW": Country(_("Taiwan, China"), ("tw.ubn",)),
    "AE": Country(_("United Arab Emirates"), (), _PLAIN),
    "AR": Country(_("Argentina"), ("ar.cuit",)),
    "AT": Country(_("Austria"), ("at.uid", "at.businessid")),
    "AU": Country(_("Australia"), ("au.abn", "au.acn")),
    "AZ": Country(_("Azerbaijan"), ("az.voen",)),
    "BD": Country(_("Bangladesh"), (), _PLAIN),
    "BE": Country(_("Belgium"), ("be.vat",)),
    "BG": Country(_("Bulgaria"), ("bg.vat",)),
    "BR": Country(_("Brazil"), ("br.cnpj",)),
    "BY": Country(_("Belarus"), ("by.unp",)),
    "CA": Country(_("Canada"), ("ca.bn",)),
    "CH": Country(_("Switzerland"), ("ch.uid", "ch.vat")),
    "CL": Country(_("Chile"), ("cl.rut",)),
    "CO": Country(_("Colombia"), ("co.nit",)),
    "CZ": Country(_("Czechia"), ("cz.dic",)),
    "DE": Country(_("Germany"), ("de.vat",), r"HR[AB]\d{1,6}[A-Z]{0,8}"),
    "DK": Country(_("Denmark"), ("dk.cvr",)),
    "DZ": Country(_("Algeria"), ("dz.nif",)),
    "EC": Country(_("Ecuador"), ("ec.ruc",)),
    "EE": Country(_("Estonia"), ("ee.registrikood", "ee.kmkr")),
    "EG": Country(_("Egypt"), ("eg.tn",)),
    "ES": Country(_("Spain"), ("es.nif", "es.cif")),
    "ET": Country(_("Ethiopia"), (), _PLAIN),
    "FI": Country(_("Finland"), ("fi.ytunnus", "fi.alv")),
    "FR": Country(_("France"), ("fr.siren", "fr.siret", "fr.tva")),
    "GB": Country(_("United Kingdom"), ("gb.vat",), r"[0-9A-Z]{2}\d{6}"),
    "GR": Country(_("Greece"), ("gr.vat",)),
    "HR": Country(_("Croatia"), ("hr.oib",)),
    "HU": Country(_("Hungary"), ("hu.anum",)),
    "ID": Country(_("Indonesia"), ("id.npwp",)),
    "IE": Country(_("Ireland"), ("ie.vat",), r"\d{5,6}"),
    "IL": Country(_("Israel"), ("il.hp",)),
    "IN": Country(_("India"), ("in_.gstin", "in_.pan")),
    "IR": Country(_("Iran"), (), _PLAIN),
    "IS": Country(_("Iceland"), ("is_.vsk", "is_.kennitala")),
    "IT": Country(_("Italy"), ("it.iva",)),
    "JP": Country(_("Japan"), ("jp.cn",)),
    "KE": Country(_("Kenya"), ("ke.pin",)),
    "KH": Country(_("Cambodia"), (), _PLAIN),
    "KR": Country(_("Republic of Korea"), ("kr.brn",)),
    "KZ": Country(_("Kazakhstan"), (), r"\d{12}"),
    "LA": Country(_("Laos"), (), _PLAIN),
    "LK": Country(_("Sri Lanka"), (), _PLAIN),
    "LT": Country(_("Lithuania"), ("lt.pvm",)),
    "LU": Country(_("Luxembourg"), ("lu.tva",)),
    "LV": Country(_("Latvia"), ("lv.pvn",)),
    "MA": Country(_("Morocco"), ("ma.ice",)),
    "MM": Country(_("Myanmar"), (), _PLAIN),
    "MN": Country(_("Mongolia"), (), r"\d{7}"),
    "MX": Country(_("Mexico"), ("mx.rfc",)),
    "MY": Country(_("Malaysia"), (), r"\d{12}|\d{5,7}[A-Z]"),
    "NG": Country(_("Nigeria"), (), _PLAIN),
    "NL": Country(_("Netherlands"), ("nl.btw",), r"\d{8}"),
    "NO": Country(_("Norway"), ("no.orgnr", "no.mva")),
    "NP": Country(_("Nepal"), (), _PLAIN),
    "NZ": Country(_("New Zealand"), ("nz.ird",), r"\d{13}"),
    "PE": Country(_("Peru"), ("pe.ruc",)),
    "PH": Country(_("Philippines"), (), _PLAIN),
    "PK": Country(_("Pakistan"), (), _PLAIN),
    "PL": Country(_("Poland"), ("pl.nip", "pl.regon"), r"\d{10}"),
    "PT": Country(_("Portugal"), ("pt.nif",)),
    "QA": Country(_("Qatar"), (), _PLAIN),
    "RO": Country(_("Romania"), ("ro.cui",)),
    "RS": Country(_("Serbia"), ("rs.pib",), r"\d{8}"),
    "RU": Country(_("Russia"), ("ru.ogrn", "ru.inn")),
    "SA": Country(_("Saudi Arabia"), (), r"\d{10}"),
    "SE": Country(_("Sweden"), ("se.orgnr", "se.vat")),
    "SG": Country(_("Singapore"), ("sg.uen",)),
    "SI": Country(_("Slovenia"), ("si.ddv", "si.maticna")),
    "SK": Country(_("Slovakia"), ("sk.dph",)),
    "TH": Country(_("Thailand"), ("th.moa",)),
    "TN": Country(_("Tunisia"), ("tn.mf",)),
    "TR": Country(_("Türkiye"), ("tr.vkn",)),
    "TZ": Country(_("Tanzania"), (), _PLAIN),
    "UA": Country(_("Ukraine"), ("ua.edrpou",)),
    "US": Country(_("United States"), ("us.ein",)),
    "UY": Country(_("Uruguay"), ("uy.rut",)),
    "UZ": Country(_("Uzbekistan"), (), r"\d{9}"),
    "VN": Country(_("Viet Nam"), ("vn.mst",)),
    "ZA": Country(_("South Africa"), ("za.tin",), r"\d{10,12}"),
}
"""From where organizations register; a country that is missing here is added by a line."""

COUNTRY_CHOICES = [(code, country.name) for code, country in COUNTRIES.items()]


def country_name(code: str) -> str | Promise:
    return COUNTRIES[code].name if code in COUNTRIES else code


def registration_number(text: str, *, country: str, kind: str) -> str:
    """The number as it is stored; ``ValidationError`` under ``code`` when it is not written correctly.

    Full-width characters are folded, spaces, hyphens and dots go. At home it is the unified social credit code, whose check
    character must fit; a university may give the ministry's ten digits instead. Numbers of other countries are checked by
    their own rules, as far as there are any, and stored behind the country's code, so that two countries cannot collide.
    """
    number = folded(text)
    if country not in COUNTRIES:
        raise ValidationError({"country": _now("This country is not on the list. Ask the staff of the portal.")})
    rules = COUNTRIES[country]
    if country == settings.HOME_COUNTRY:
        is_university = kind == Organization.Kind.UNIVERSITY
        if is_university and re.fullmatch(_MINISTRY_CODE, number, re.ASCII):
            return number
        valid = _checked(number, rules.modules)
        if not valid:
            raise ValidationError({"code": _home_message(number, is_university)})
        return valid
    valid = _checked(number, rules.modules)
    if not valid and rules.pattern:
        own = number.removeprefix(country)
        valid = own if re.fullmatch(rules.pattern, own, re.ASCII) else ""
    stored = valid if valid.startswith(country) else f"{country}{valid}"
    if not valid or len(stored) > LONGEST:
        raise ValidationError(
            {"code": _now("This is not a registration number of this country. Check every character.")}
        )
    return stored


def folded(text: str) -> str:
    """Full-width characters as plain ones, capital letters, nothing between them."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _checked(number: str, modules: tuple[str, ...]) -> str:
    """The number as the first module that accepts it writes it; empty when none does."""
    for name in modules:
        module = import_module(f"stdnum.{name}")
        if number.isascii() and module.is_valid(number):
            return str(module.compact(number))
    return ""


def _home_message(number: str, is_university: bool) -> str:
    if len(number) == 18:
        return _now(
            "The check character of this unified social credit code does not fit. Compare it with the certificate."
        )
    if is_university:
        return _now("Give the ministry's code of ten digits or the unified social credit code of 18 characters.")
    return _now("A unified social credit code has 18 characters; this one has %(length)d.") % {"length": len(number)}
