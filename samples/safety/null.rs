// refused: error[E0609]: no field `age` on type `Option<&Person>`
pub struct Person {
    pub age: u32,
}

pub fn age(people: &[Person]) -> u32 {
    people.first().age
}
