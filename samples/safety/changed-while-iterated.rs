// refused: error[E0502]: cannot borrow `list` as mutable because it is also borrowed as immutable
pub fn double(mut list: Vec<u32>) -> Vec<u32> {
    for item in &list {
        list.push(*item);
    }
    list
}
