"""Mail domains that anybody can have an address in.

An address there says nothing about where somebody works, so no organization lets people join
by it. The list is modest: the large free providers. A site adds to it in the setting
``PUBLIC_MAIL_DOMAINS``.
"""

from __future__ import annotations

from .conf import get_settings

__all__ = ["PUBLIC", "is_public", "plain"]

_TEXT = """
    gmail.com googlemail.com
    outlook.com hotmail.com live.com msn.com passport.com windowslive.com
    hotmail.co.uk hotmail.de hotmail.es hotmail.fr hotmail.it live.co.uk live.de live.fr live.nl
    outlook.de outlook.es outlook.fr outlook.jp outlook.com.br
    yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.ca yahoo.co.id yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.com.ph yahoo.com.sg
    yahoo.com.tr yahoo.com.vn yahoo.de yahoo.es yahoo.fr yahoo.in yahoo.it
    icloud.com me.com mac.com privaterelay.appleid.com
    aol.com aim.com aol.de verizon.net att.net sbcglobal.net bellsouth.net comcast.net cox.net
    charter.net earthlink.net optonline.net rogers.com shaw.ca sympatico.ca
    proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.com tuta.io
    tutamail.com keemail.me fastmail.com fastmail.fm hey.com hushmail.com duck.com mozmail.com
    posteo.de posteo.net mailbox.org disroot.org riseup.net runbox.com startmail.com
    zoho.com zohomail.com zohomail.eu zohomail.in mail.com email.com usa.com post.com gmx.com
    gmx.de gmx.net gmx.at gmx.ch gmx.us web.de t-online.de freenet.de arcor.de
    bluewin.ch hispeed.ch sunrise.ch chello.at aon.at
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr
    libero.it virgilio.it tiscali.it alice.it tin.it telefonica.net terra.es
    btinternet.com virginmedia.com ntlworld.com sky.com talktalk.net blueyonder.co.uk
    ziggo.nl kpnmail.nl planet.nl xs4all.nl home.nl telenet.be skynet.be
    telia.com spray.se online.no sapo.pt
    seznam.cz centrum.cz email.cz post.cz azet.sk wp.pl o2.pl onet.pl onet.eu interia.pl op.pl
    abv.bg freemail.hu citromail.hu ukr.net i.ua
    mail.ru bk.ru inbox.ru list.ru internet.ru rambler.ru yandex.ru yandex.com ya.ru
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com aliyun.com 139.com
    189.cn 21cn.com tom.com
    naver.com hanmail.net daum.net nate.com kakao.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    rediffmail.com indiatimes.com in.com
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com bigpond.com optusnet.com.au
    xtra.co.nz mweb.co.za walla.co.il walla.com
    mailinator.com guerrillamail.com yopmail.com 10minutemail.com temp-mail.org trashmail.com
    sharklasers.com getnada.com dispostable.com maildrop.cc throwawaymail.com
    users.noreply.github.com
"""
PUBLIC = frozenset(_TEXT.split())


def is_public(domain: str) -> bool:
    """Return whether anybody can have an address in a domain, or in one that it lies in.

    Args:
        domain: normalised, see ``services.links.normalise_domain``.
    """
    own = {plain(each) for each in get_settings().PUBLIC_MAIL_DOMAINS}
    labels = domain.split(".")
    above = {".".join(labels[position:]) for position in range(len(labels))}
    return bool(above & (PUBLIC | own))


def plain(text: str) -> str:
    """Return a domain in the form in which addresses are stored, as far as it has one."""
    domain = text.strip().lstrip("@").rstrip(".").lower()
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
