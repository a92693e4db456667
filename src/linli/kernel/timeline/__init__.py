"""Timeline: what happened, by whom, to what, in codes and ids; never in sentences.

Events are written in the same transaction as the change and can only be added. Each carries its
hash; the worker seals committed events into a chain and publishes its head. Sentences are made
when somebody reads, in their language.
"""
