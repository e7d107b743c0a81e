// accepted
static const int *kept;

static void keep(const int *value) { kept = value; }

static void make(void) {
    int local = 7;
    keep(&local);
}

int get(void) {
    make();
    return *kept;
}
