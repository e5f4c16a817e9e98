#include "common/net/curl_ready.h"

#include <curl/curl.h>

#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
}

void curl_ready(void)
{
	pthread_once(&once, start);
}
