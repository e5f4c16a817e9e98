/* curl_ready.h: libcurl's state of the process, made once, by whoever of net needs it first. */
#pragma once

void curl_ready(void);
