// accepted
unsigned first(void *number) {
    unsigned *bits = number;
    return *bits;
}

unsigned of_float(float number) { return first(&number); }
