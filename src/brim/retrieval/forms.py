"""Forms of English words that no ending tells, and words made of one another."""

from __future__ import annotations

__all__ = ["FORMS"]

_GROUPS = """
    be been being, become became, begin began begun, bite bit bitten, blow blew blown, break
    broke broken, bring brought, build built, burn burnt, buy bought, catch caught, choose chose
    chosen choice, come came, cut cutting, deal dealt, die died dying death dead, dig dug
    digging, draw drew drawn, dream dreamt, drink drank drunk, drive drove driven, eat ate
    eaten, fall fell fallen, feed fed, feel felt, fight fought, find found, fit fitting fitted,
    fly flew flown flight, forget forgot forgotten forgetting, forgive forgave forgiven, freeze
    froze frozen, get got gotten getting, give gave given, go went gone goes, grow grew grown
    growth, hang hung, hear heard, hide hid hidden, hit hitting, hold held, keep kept, know knew
    known knowledge, lead led, learn learnt, leave left, lend lent, let letting, lie lay lain
    lying, lose lost loss, make made, mean meant, meet met meeting, pay paid payment, plan
    planned planning, put putting, quit quitting, ride rode ridden, ring rang rung, rise rose
    risen, run ran running, say said, see saw seen, seek sought, sell sold sale, send sent, set
    setting, shake shook shaken, shine shone, shoot shot, show shown, shut shutting, sing sang
    sung song, sink sank sunk, sit sat sitting, sleep slept asleep, speak spoke spoken speech,
    spend spent, spin spun, split splitting, stand stood, steal stole stolen, stick stuck,
    strike struck, swear swore sworn, swim swam swum swimming, swing swung, take took taken,
    teach taught, tear tore torn, tell told, think thought, throw threw thrown, travel travelled
    traveled traveling travelling traveller traveler, understand understood, wake woke woken,
    wear wore worn, weave wove woven, win won winning winner, write wrote written writing, child
    children, foot feet, tooth teeth, man men, woman women, mouse mice, person people, life
    lives, knife knives, wife wives, leaf leaves, shelf shelves, half halves, wolf wolves, good
    better best, bad worse worst, far further furthest, stop stopped stopping, shop shopped
    shopping, jog jogged jogging, swap swapped swapping, chat chatted chatting, admit admitted,
    prefer preferred preference, refer referred reference, occur occurred occurrence, drop
    dropped dropping, ship shipped shipping shipment, step stepped stepping, trip tripped, hug
    hugged, knit knitted knitting, program programme programmed programming programmer, cancel
    cancelled canceled cancellation, favorite favourite favor favour, color colour colored
    coloured, honor honour, neighbor neighbour neighborhood neighbourhood, behavior behaviour,
    flavor flavour, humor humour, center centre, theater theatre, gray grey, organize organise
    organized organised organization organisation organizer, realize realise realized realised,
    recognize recognise recognized recognised recognition, apologize apologise apology, analyze
    analyse analysis analyzed analysed, license licence, defense defence, jewelry jewellery, mom
    mum mother mommy mama, cozy cosy, pajamas pyjamas, tire tyre, decide decided decision,
    arrive arrived arrival, achieve achieved achievement, agree agreed agreement, argue argued
    argument, invite invited invitation, explain explained explanation, describe described
    description, produce produced production product, educate educated education, communicate
    communicated communication, compete competed competition competitor competitive, create
    created creation creative, donate donated donation donor, graduate graduated graduation,
    inspire inspired inspiration, motivate motivated motivation, meditate meditated meditation,
    participate participated participation participant, perform performed performance performer,
    prepare prepared preparation, present presented presentation, relax relaxed relaxation,
    celebrate celebrated celebration, adopt adopted adoption, compose composed composition
    composer, install installed installation, implement implemented implementation, configure
    configured configuration config, deploy deployed deployment, migrate migrated migration,
    delete deleted deletion, apply applied application, fail failed failure, grieve grief, marry
    married marriage, retire retired retirement, succeed success successful, art artist
    artistic, music musical musician, photo photograph photographer photography photographs,
    science scientist scientific, nature natural, friend friendly friendship, happy happiness,
    sad sadness, strong strength, proud pride, angry anger, afraid fear, free freedom, warm
    warmth
    """

FORMS = tuple(tuple(group.split()) for group in _GROUPS.split(","))
"""Words of one meaning: irregular forms, doubled letters, both spellings of English, and what is
done beside who does it. The first stands for the others."""
