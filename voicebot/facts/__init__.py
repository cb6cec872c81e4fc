"""What holds today: opening hours, holidays, notices and contact numbers, as data that needs no training.

The council's defaults stand in ``facts.yml`` of the dialogue project; what people changed since stands in the database
and wins. :class:`~voicebot.facts.store.FactsStore` reads and changes them (for pages and commands),
:class:`~voicebot.facts.reader.FactsReader` answers a call's questions without waiting: ``is_open(queue, at)``,
``notices_for(service, topic, at)``, ``today(at)``. A change is heard in calls within five seconds.
"""
