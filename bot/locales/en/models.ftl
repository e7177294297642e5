# Models: what happened, and what to do about it.

model-unknown = No model is called “{ $name }”: give one of { $known }, or the path of a .gguf file.
model-file-missing = There is no model file { $path }: check the path, or give a name from “hyperbridge models list”.
model-unreadable = The model file { $path } can't be read ({ $reason }): check your rights to it and the disk.
model-not-gguf = { $path } is not a GGUF model: give a .gguf file, or a name from “hyperbridge models list”.
model-missing = The model { $name } is not on this machine yet (expected at { $path }): fetch it with “hyperbridge models pull { $name }”.
model-corrupt = { $path } is not { $name } as published: expected sha256 { $expected } ({ $expected_bytes } bytes), found { $found } ({ $found_bytes } bytes); it was not used: replace it with “hyperbridge models pull { $name }”.
model-disk-full = The disk that holds { $path } is too full: { NUMBER($needed) } GB are needed and { NUMBER($free) } GB are free; free some space, or set HYPERBRIDGE_CACHE to a folder on another disk.
model-cache-unwritable = The model can't be stored in { $path } ({ $reason }): check your rights to the folder, or set HYPERBRIDGE_CACHE to another one.
model-pull-failed = No source could give the model { $name } — { $reasons }: check the network and try again (what arrived is kept), or give the path of a .gguf file instead.

source-unauthorized = The model hub refused { $source } (HTTP { $status }): accept the licence on the model's page and set HF_TOKEN to your token, or choose a model that needs none from “hyperbridge models list”.
source-not-found = The model hub has no { $file } in { $source } at revision { $revision } (HTTP 404): check HF_ENDPOINT, or choose another model from “hyperbridge models list”.
source-busy = The model hub keeps putting { $source } off (HTTP { $status }): wait a few minutes and run the same command, it goes on from where it stopped.
source-refused = The model hub would not give { $source } (HTTP { $status }): check HF_ENDPOINT and any proxy, then try again.
source-unreachable = { $source } can't be reached ({ $reason }): check the network, any proxy and HF_ENDPOINT, then run the same command again.
source-offline = { $source } was not asked for because HF_HUB_OFFLINE forbids the network: unset it and try again, or give the path of a .gguf file.
source-broken = The download of { $source } keeps breaking off ({ $reason }) at { $percent } %: run the same command again, it goes on from there.
source-wrong-bytes = What { $source } sent is not the model: expected sha256 { $expected }, found { $found }; it was thrown away, and any good file is untouched: try again, and if it happens again, don't trust this source or the proxy before it.
source-wrong-size = { $source } has a file of another size: expected { $expected } bytes, found { $found }; it was not used, and any good file is untouched: check HF_ENDPOINT and any proxy or mirror, then try again.
source-part-broken = The package { $source } arrived broken ({ $reason }) and was thrown away: run the same command again, it goes on from the part before.
source-no-package = The package registry has no { $source } { $version } for this Python: check pip's index settings, then try again.
source-pip-failed = pip couldn't download { $source } ({ $reason }): check pip's settings and the network, then run the same command again.
