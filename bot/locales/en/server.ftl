# A server that somebody runs: why it gave no text, and what to do about it.

server-bad-address = The model's address can't be read: write it like http://localhost:8080/v1, and after it #name if the server has several models.
server-secret-address = The model's address holds a password or a query, and addresses are shown: leave them out of it and put the server's key in HYPERBRIDGE_API_KEY.
server-unreachable = The model server { $url } can't be reached ({ $reason }): check that it runs, the address, and any proxy.
server-silent = The model server { $url } has said nothing for { $seconds } seconds: check that it is well, then try again.
server-key-refused = The model server { $url } doesn't accept the key (HTTP { $status }): put the one it wants in HYPERBRIDGE_API_KEY.
server-not-found = The model server { $url } has no such thing (HTTP { $status }: { $reason }): check the address, which mostly ends in /v1, the model's name after #, and whether the model can only chat: then add /chat/completions.
server-busy = The model server { $url } is overloaded or still loading (HTTP { $status }): wait a little and try again.
server-failed = Something broke in the model server { $url } (HTTP { $status }: { $reason }): look at its log, then try again.
server-refused = The model server { $url } refuses the request (HTTP { $status }: { $reason }): choose another form, or another server.
server-broken = The connection to the model server { $url } broke off in the middle ({ $reason }): try again.
server-strange = What { $url } answers is not OpenAI's API: check the address; mostly it ends in /v1.
server-no-adapter = The model server { $url } can't put on the adapter { $path }: choose a persona without one, or a model on this machine.
server-has-no-file = The model behind { $url } has no file on this machine: there is nothing to fetch or to verify.
model-no-scores = The model server { $url } doesn't tell how likely a text is: use a model on this machine, or vLLM.
