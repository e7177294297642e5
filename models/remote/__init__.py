"""Another backend: a server that runs a model already and speaks OpenAI's API, such as llama-server or vLLM.

Read it from the bottom: ``refusals`` (errors), ``line`` (HTTP), ``facts`` (what the server is), ``wire``
(requests, and the texts that come), ``remote`` (the backend).
"""

from models.remote.facts import Facts
from models.remote.remote import Remote

__all__ = ["Facts", "Remote"]
