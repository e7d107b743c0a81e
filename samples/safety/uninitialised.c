// accepted
int size(int large) {
    int size;
    if (large) size = 10;
    return size;
}
