"""Words that belong to the one after them, by language: no line should end with one."""

from __future__ import annotations

from typing import Final

# Articles, prepositions, conjunctions, auxiliaries. Not "up", "out", "off", "down": they belong to
# the verb before them ("grew up") as often as to what follows.
_FUNCTION_WORDS: Final = {
    "en": """
        a an the
        about above across after against along among around as at before behind below beneath
        beside besides between beyond by concerning despite during except for from in inside
        into like near of on onto outside over past per since than through throughout till
        to toward towards under underneath until upon via with within without
        although and because but how if nor or so that though unless what when where whereas
        whether which while who whom whose why yet
        am are be been being can cannot could did do does had has have is may might must shall
        should was were will would
        aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mustn't shouldn't
        wasn't weren't won't wouldn't
        i'm you're he's she's it's we're they're that's there's here's what's who's
        i've you've we've they've i'd you'd he'd she'd it'd we'd they'd
        i'll you'll he'll she'll it'll we'll they'll
        e.g. i.e. vs.
        """,
    "de": """
        der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner
        ab am an ans auf aus bei beim bis durch für gegen hinter im in ins mit nach neben ohne
        seit über um unter vom von vor während wegen zu zum zur zwischen
        aber als bevor da dass denn doch ob oder sobald sondern und weil wenn wie
        bin bist ist sind seid war waren habe hast hat haben hatte hatten werde wird werden wurde
        wurden würde würden kann können konnte muss müssen musste soll sollen sollte will wollen
        wollte darf dürfen mag möchte
        bzw. d.h. z.b.
        """,
    "es": """
        el la los las lo un una unos unas al del
        a ante bajo con contra de desde durante en entre hacia hasta para por según sin sobre tras
        aunque como cuando donde e mientras ni o pero porque pues que quien si sino u y
        es son era eran fue fueron ser está están estaba estaban estoy estar he has ha hemos han
        había habían haber voy va vamos van iba puede pueden puedo podía debe deben
        """,
    "fr": """
        le la les un une des du de au aux ce cet cette ces
        à après avant avec chez contre dans depuis derrière devant dès en entre jusqu'à par parmi
        pendant pour sans selon sous sur vers
        car comme donc et lorsque mais ni or ou où parce puisque quand que qui si
        suis es est sommes êtes sont étais était étaient été être ai as a avons avez ont avais
        avait avaient avoir vais va allons vont peux peut peuvent dois doit doivent
        """,
    "it": """
        il lo la i gli le un uno una
        a ad al allo alla ai agli alle con contro da dal dalla dai dalle di del dello della dei
        degli delle dentro dopo durante fino fra in nel nello nella nei nelle per senza sopra sotto
        su sul sulla sui sulle tra verso
        anche che chi come dove e ed ma mentre né o oppure perché però quando se
        sono sei è siamo siete ero era erano essere stato ho hai ha abbiamo avete hanno avevo
        aveva avevano avere può possono posso deve devono devo
        """,
    "pt": """
        o a os as um uma uns umas ao aos à às do da dos das no na nos nas pelo pela pelos pelas
        ante após até com contra de desde durante em entre para perante por sem sob sobre
        como e embora enquanto mas nem onde ou pois porque quando que quem se
        é são era eram foi foram ser está estão estava estavam estou estar tem têm tinha tinham
        tenho ter há havia vai vão vou pode podem posso deve devem
        """,
    "nl": """
        de het een t
        aan achter bij binnen boven buiten door in langs met na naar naast om onder op over per
        sinds te tegen tijdens tot tussen uit van vanaf via volgens voor zonder
        als dan dat die en hoewel maar noch of omdat terwijl toen totdat waar wanneer want wie
        ben bent is zijn was waren heb hebt heeft hebben had hadden word wordt worden werd werden
        zal zult zullen zou zouden kan kunnen kon moet moeten moest mag mogen wil willen wilde
        """,
}
# Subject pronouns, determiners, numerals, adverbs of degree.
_DEPENDENT_WORDS: Final = {
    "en": """
        i we he she they
        my your his her its our their this these those some any no every each another
        one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
        hundred thousand million billion
        very not
        """,
}

FUNCTION_WORDS: Final = {
    language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()
}
DEPENDENT_WORDS: Final = {
    language: frozenset(words.split()) for language, words in _DEPENDENT_WORDS.items()
}
