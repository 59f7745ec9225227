use super::*;

fn shop() -> Vec<SearchDocument> {
    vec![
        product(1, "Bluetooth headphones"),
        product(2, "Bluetooth speaker"),
        SearchDocument { popularity: 50, ..product(3, "Bluetooth speakers, pair") },
        product(4, "Blue lamp"),
        product(5, "Blender 4872B"),
    ]
}

async fn suggest(index: &Index, prefix: &str) -> (Vec<String>, Vec<u128>) {
    let suggestions = index.suggest(prefix, 10).await.unwrap();
    let products = suggestions.products.iter().map(|product| product.uuid().as_u128());
    (suggestions.texts, products.collect())
}

pub async fn a_prefix_is_completed(index: Index) {
    fill(&index, shop()).await;
    let (texts, products) = suggest(&index, "Blu").await;
    assert_eq!(texts, ["bluetooth", "blue"], "most products first");
    assert_eq!(products[0], 3, "most popular first");
    assert_eq!(products.len(), 4);
    let (texts, products) = suggest(&index, "lamp").await;
    assert_eq!((texts, products), (vec!["lamp".to_owned()], vec![4]));
}

pub async fn earlier_words_narrow_completions(index: Index) {
    fill(&index, shop()).await;
    let (texts, products) = suggest(&index, "bluetooth s").await;
    assert_eq!(texts, ["bluetooth speaker"], "one of two forms of a word");
    assert_eq!(products, [3, 2]);
    let (texts, products) = suggest(&index, "blender s").await;
    assert!(texts.is_empty() && products.is_empty());
}

pub async fn an_error_in_a_prefix_is_forgiven(index: Index) {
    fill(&index, shop()).await;
    for typed in ["bleutoo", "blutoo", "bluetoho", "bluxtoo"] {
        let (texts, products) = suggest(&index, typed).await;
        assert_eq!((texts, products.len()), (vec!["bluetooth".to_owned()], 3), "{typed}");
    }
    let (texts, _) = suggest(&index, "bluetoth spe").await;
    assert_eq!(texts, ["bluetooth speaker"], "in an earlier word too");
}

pub async fn a_model_number_is_completed(index: Index) {
    fill(&index, shop()).await;
    let (texts, products) = suggest(&index, "blender 487").await;
    assert_eq!(texts[0], "blender 4872");
    assert_eq!(products, [5]);
}

pub async fn suggestions_are_bounded(index: Index) {
    let letters = ('a'..='z').map(|letter| format!("Zeta zet{letter}q"));
    let many = letters.zip(1..).map(|(name, number)| product(number, &name));
    fill(&index, many).await;
    for limit in [0, 1, 3] {
        let suggestions = index.suggest("ze", limit).await.unwrap();
        assert_eq!(suggestions.texts.len(), limit as usize);
        assert_eq!(suggestions.products.len(), limit as usize);
    }
}

pub async fn nothing_typed_gives_no_suggestion(index: Index) {
    fill(&index, shop()).await;
    for prefix in ["", "   ", "!?"] {
        assert_eq!(suggest(&index, prefix).await, (vec![], vec![]));
    }
}

pub async fn hostile_prefixes_are_only_text(index: Index) {
    fill(&index, shop()).await;
    let long = ["x".repeat(10_000), "4".repeat(10_000), "blue ".repeat(2_000)];
    for prefix in long.iter().map(String::as_str).chain(["\"", "[a-z]*", "\0", "😀", "\u{10ffff}"])
    {
        index.suggest(prefix, u32::MAX).await.unwrap();
    }
}
