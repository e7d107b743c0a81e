// accepted
static int save(const char *bytes, int count) { return bytes && count ? 0 : 1; }

void close_file(const char *bytes, int count) { save(bytes, count); }
